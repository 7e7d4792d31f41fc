"""A refusal in plain words is no description, and a description that says what cannot be seen is no refusal."""

from __future__ import annotations

import pytest

from core.models.chat.refusals import refuses

REFUSALS = (
    "I'm sorry, I can't assist with that.",
    "I’m sorry, but I can’t help with that request.",
    "Sorry, I can't help with that.",
    "I cannot assist with this request.",
    "I'm unable to help with that.",
    "I cannot help with identifying people in images.",
    "I'm sorry, but I can't identify people in images. If you have any other questions, feel free to ask!",
    "I can't identify who this is.",
    "I'm not able to identify real people.",
    "I am sorry. I cannot help you with that.",
    "As an AI language model, I cannot view images directly.",
    "I'm sorry, but I can't provide a description of this image.",
    "I can't assist with that. Is there anything else I can help with?",
    "I won't describe this image because it violates content policies.",
    "I must decline to describe this image.",
    "Es tut mir leid, aber ich kann dir dabei nicht helfen.",
    "Tut mir leid, dabei kann ich nicht helfen.",
    "Désolé, mais je ne peux pas vous aider avec cette demande.",
    "Lo siento, pero no puedo ayudar con eso.",
    "Mi dispiace, ma non posso aiutarti con questa richiesta.",
    "Desculpe, mas não posso ajudar com isso.",
    "很抱歉，我无法协助处理这个请求。",
    "申し訳ございませんが、そのご要望にはお応えできません。",
)
DESCRIPTIONS = (
    "I cannot see any damage.",
    "It cannot be seen.",
    "I can't see the vehicle's front; a silver car is seen from behind.",
    "I cannot identify any damage on the car.",
    "I can't identify the mood.",
    "I'm sorry, but I can't identify people in images. However, I can say that a woman pours tea.",
    "I'm sorry, but I can't identify the person, but she is smiling.",
    "I cannot see any pictures on the wall.",
    "I can't help but notice the bright colours.",
    "I cannot describe this image because it is entirely black.",
    "I cannot see people in this image.",
    "I am afraid of the dog in the image.",
    "Sorry is written on a sign.",
    "A sign says: I'm sorry, I can't help with that.",
    "The person cannot be identified. They are reading.",
    "The instrument cannot be told.",
    "Es tut mir leid, aber das Fahrzeug ist nicht zu erkennen.",
    "Lo siento está escrito en la pared.",
    "No puedo ver ningún daño.",
    "看不到任何损坏。",
    "",
    "I'm sorry, I can't assist with that. " * 10,
)


@pytest.mark.parametrize("text", REFUSALS)
def test_refusals_are_known(text: str) -> None:
    assert refuses(text)


@pytest.mark.parametrize("text", DESCRIPTIONS)
def test_descriptions_are_left_alone(text: str) -> None:
    assert not refuses(text)
