"""The sentence of a rule stands once, though both its constraint and `clean()` say it."""

import ast
import inspect
from collections import Counter

import pytest
from django.apps import apps

OWN = {model._meta.label: model for model in apps.get_models() if hasattr(model, "clean")}
STATED = {
    label: model
    for label, model in OWN.items()
    if any("violation_error_message" in one.deconstruct()[2] for one in model._meta.constraints)
}


def literals(model: type) -> Counter[str]:
    """The strings of the module that the model is in, each with how often it is written."""
    nodes = ast.walk(ast.parse(inspect.getsource(inspect.getmodule(model))))
    texts = (node.value for node in nodes if isinstance(node, ast.Constant))
    return Counter(text for text in texts if isinstance(text, str))


@pytest.mark.parametrize("label", STATED)
def test_the_sentence_of_a_constraint_is_written_once(label):
    model = STATED[label]
    written = literals(model)
    sentences = {str(one.get_violation_error_message()) for one in model._meta.constraints}

    assert [text for text in sentences if written[text] > 1] == []
