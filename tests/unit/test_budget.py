"""The budget of a batch: grows while that pays, halves where memory ends, is small while somebody searches."""

from __future__ import annotations

from finder.embed.budget import TokenBudget


def compute(budget: TokenBudget, batches: int, rate_of: dict[int, float] | float, is_searching: bool = False) -> None:
    for _ in range(batches):
        tokens = budget.tokens(is_searching)
        rate = rate_of if isinstance(rate_of, float) else rate_of[tokens]
        budget.computed(tokens, tokens / rate)


def test_a_budget_is_doubled_while_that_makes_batches_faster_and_then_stays() -> None:
    budget = TokenBudget(start=1024, least=256, most=32_768)
    compute(budget, 40, {1024: 100e3, 2048: 180e3, 4096: 210e3, 8192: 212e3})
    assert budget.tokens(is_searching=False) == 4096


def test_a_budget_never_exceeds_what_memory_holds() -> None:
    budget = TokenBudget(start=1024, least=256, most=5000)
    compute(budget, 40, {1024: 1e3, 2048: 2e3, 4096: 4e3})
    assert budget.tokens(is_searching=False) == 4096
    assert TokenBudget(start=4096, least=256, most=700).tokens(is_searching=False) == 700


def test_batches_that_are_not_full_say_nothing_of_a_larger_budget() -> None:
    budget = TokenBudget(start=1024, least=256, most=32_768)
    for _ in range(100):
        budget.computed(64, 1.0)
    assert budget.tokens(is_searching=False) == 1024


def test_a_searcher_waits_for_thirty_milliseconds_of_work_and_for_the_least_before_anything_was_measured() -> None:
    budget = TokenBudget(start=8192, least=256, most=8192)
    assert budget.tokens(is_searching=True) == 256
    compute(budget, 10, 100e3)
    assert 2900 <= budget.tokens(is_searching=True) <= 3100
    assert budget.tokens(is_searching=False) == 8192


def test_a_slow_device_still_gets_its_least_while_somebody_searches() -> None:
    budget = TokenBudget(start=1024, least=256, most=1024)
    compute(budget, 10, 1e3)
    assert budget.tokens(is_searching=True) == 256


def test_where_memory_runs_out_the_budget_is_halved_and_grows_back_slowly() -> None:
    budget = TokenBudget(start=4096, least=256, most=4096)
    assert budget.ran_out()
    assert budget.ran_out()
    assert budget.tokens(is_searching=False) == 1024
    compute(budget, 63, 1e5)
    assert budget.tokens(is_searching=False) == 1024
    compute(budget, 1, 1e5)
    assert budget.tokens(is_searching=False) == 1280
    compute(budget, 64 * 20, 1e5)
    assert budget.tokens(is_searching=False) == 4096


def test_the_smallest_batch_that_memory_does_not_hold_is_told() -> None:
    budget = TokenBudget(start=512, least=256, most=512)
    assert budget.ran_out()
    assert not budget.ran_out()
    assert budget.tokens(is_searching=False) == 256
