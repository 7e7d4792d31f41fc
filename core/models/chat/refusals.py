"""Telling a refusal in plain words from a description, where a server does not say itself that a model refused.

Only a short text that is a refusal from its first word to its last counts: a description may say that something cannot
be seen, and a refusal that goes on to describe has described. A refusal that is missed stays a description, which a
person sees.
"""

from __future__ import annotations

import re

_MOST_CHARS = 300
_IMAGES = r"(?:images?|pictures?|photos?|photographs?)"
_PEOPLE = rf"(?:real |specific |individual )*(?:people|individuals|persons|faces)(?: (?:in|from|based on) {_IMAGES})?"
_WHO = r"(?:who (?:this|that|he|she|it|they|the (?:person|man|woman|people)) (?:is|are)|(?:the|this) person)"
_ENGLISH = (
    r"(?:(?:i am|i['’]m|we are|we['’]re) (?:very |so |really )?(?:sorry|afraid)|sorry|my apologies|i apologi[sz]e|"
    r"unfortunately|as an ai(?: language)?(?: model| assistant)?)?[,.:;]? ?(?:but |that )?"
    r"(?:(?:i|we) (?:can['’]?t|cannot|can not|could not|won['’]?t|will not|am unable to|am not able to|are unable to|"
    r"must decline to|decline to)|i['’]m (?:unable|not able|not allowed|not comfortable) (?:to )?) ?"
    r"(?:(?:assist|help)(?: you)?(?: (?:with|by) (?:(?:that|this|your|the)(?: (?:request|image|task|one))?|"
    rf"(?:identifying|describing) (?:{_PEOPLE}|{_WHO}|this {_IMAGES}|the {_IMAGES})"
    rf"|requests (?:like|about) [a-z ]+))?|comply(?: with (?:that|this|your) request)?|"
    r"(?:fulfil+|process|answer|continue with) (?:that|this|your)(?: request| question)?|do (?:that|this)|"
    rf"(?:view|see|process|access|analy[sz]e) {_IMAGES}(?: directly)?|"
    rf"(?:identify|recogni[sz]e|name) (?:{_PEOPLE}|{_WHO})(?: (?:in|from|based on) (?:this|the|an|your) {_IMAGES})?|"
    rf"(?:provide|give|offer) (?:a |any )?(?:description|information|assistance|help)"
    rf"(?: (?:of|on|about|for|with) (?:this|that|the)(?: {_IMAGES}| request)?)?|"
    rf"(?:describe|comment on|discuss) (?:this|that|the|these) (?:{_IMAGES}|content))"
    r"(?: (?:as|because) (?:it|that|this) (?:violates|goes against) [a-z ]+)?"
)
_OTHERS = (
    r"(?:es )?tut mir (?:sehr )?leid[,.]? (?:aber )?(?:ich kann|da(?:bei|mit) kann ich)(?: [a-zäöüß]+){0,4} nicht "
    r"(?:(?:weiter)?helfen|behilflich sein|unterstützen|beantworten|erfüllen)",
    r"(?:je suis )?(?:vraiment )?désolée?[,.]? (?:mais )?je ne (?:peux|puis|suis) pas (?:en mesure de |capable de )?"
    r"(?:vous |t['’])?(?:aider|assister|répondre|identifier (?:les|des) personnes)(?: [a-zàâçéèêëîïôûù'’]+){0,5}",
    r"(?:lo siento|lo lamento)[,.]? (?:pero )?no puedo (?:ayudar(?:te|le|los)?|asistir(?:te|le)?|cumplir|"
    r"identificar (?:a )?(?:las )?personas)(?: [a-záéíñóú]+){0,5}",
    r"(?:mi dispiace|spiacente)[,.]? (?:ma )?non posso (?:aiutar(?:ti|la|vi)?|assister(?:ti|la|vi)|"
    r"identificare (?:le )?persone)(?: [a-zàèéìòù]+){0,5}",
    r"(?:desculpe|lamento|sinto muito)[,.]? (?:mas )?(?:eu )?não posso (?:ajud(?:ar|á)|auxiliar|atender|"
    r"identificar (?:as )?pessoas)[a-záâãçéêíóôõú -]{0,60}",
    r"(?:很|非常)?(?:抱歉|对不起|對不起)[，,]?(?:但)?我(?:无法|無法|不能)(?:协助|協助|帮助|幫助|满足|滿足|处理|處理|回答|"
    r"识别|識別)[^。，,]{0,20}",
    r"(?:申し訳(?:ございません|ありません)|すみません|ごめんなさい)(?:が)?[、。]?[^。、]{0,20}"
    r"(?:お手伝い|お答え|お応え|対応|識別|特定)[^。、]{0,6}(?:できません|できかねます|いたしかねます)",
)
_REFUSES = re.compile("|".join((_ENGLISH, *_OTHERS)), re.IGNORECASE)
_POLITE = re.compile(
    r"(?:i['’]m|i am|very|so)? ?(?:sorry|my apologies)(?: about that| for (?:any|the) inconvenience)?|"
    r"(?:but |however,? )?(?:please|feel free|let me know|is there anything else|"
    r"if (?:you have|there is|you need|you['’]d)|how (?:else )?(?:can|may) i|can i help|i(?:['’]m| am) here to help|"
    r"i(?:['’]d| would) be (?:happy|glad) to help|thank you for)[^.!?]*",
    re.IGNORECASE,
)


def refuses(text: str) -> bool:
    """Whether a reply to an image is nothing but a refusal."""
    if len(text) > _MOST_CHARS:
        return False
    sentences = [sentence.strip() for sentence in re.split(r"[.!?。！？]+(?:\s+|$)|\n+|(?<=[。！？])", text)]
    sentences = [sentence.rstrip("。！？") for sentence in sentences if sentence.strip("。！？")]
    refused = [bool(_REFUSES.fullmatch(sentence)) for sentence in sentences]
    polite = (said or _POLITE.fullmatch(sentence) for said, sentence in zip(refused, sentences, strict=True))
    return any(refused) and all(polite)
