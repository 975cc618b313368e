"""A whole flow by hand."""

from tests.support import dpa1_brief, good_answer, perform_by_hand


def test_a_good_model_is_asked_once_for_each_step() -> None:
    performance = perform_by_hand(dpa1_brief(), good_answer)
    assert [call.step for call in performance.calls] == ["1", "2", "3", "4", "5"]
    assert performance.outcome is not None
    assert [section.title for section in performance.outcome.sections] == [
        "PRE-FLIGHT CHECKLIST",
        "EXECUTION PLAN",
        "POST-DEPLOYMENT VALIDATION CHECKLIST",
        "ROLLBACK PLAN",
    ]
