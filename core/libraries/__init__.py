"""Large libraries as Facetry takes them: import a module of this folder inside the function that needs it.

Their own parts import each other, so that two threads that first load them from different sides find them half made
(ImportError, or a deadlock that Python breaks off). Here each is loaded in one piece, by whoever comes first; others
wait at its module.
"""
