from modelreport.facts import Finding, Message
from modelreport.render.paper.checks import TOGETHER, in_columns
from modelreport.render.sections.findings import Entry


def check(number, words="Nothing was found."):
    finding = Finding(
        id=f"W{number:03}", severity="note", state="clean", title="Checks of a rule", message=Message(text=words)
    )
    return Entry(finding=finding, css="clean", icon="✓", word="Passed", href="", where="", links=(), more=0)


def numbers(groups):
    return [[[int(each.finding.id[1:]) for each in column] for column in group] for group in groups]


def test_checks_stand_in_two_columns_in_their_order():
    assert numbers(in_columns([check(i) for i in range(5)])) == [[[0, 1, 2], [3, 4]]]


def test_a_long_sentence_takes_the_room_of_several():
    entries = [check(0, "All of them were looked at, each by itself, and with others. " * 5), *map(check, range(1, 6))]
    assert numbers(in_columns(entries)) == [[[0], [1, 2, 3, 4, 5]]]


def test_a_page_may_end_between_groups_of_about_as_many():
    groups = numbers(in_columns([check(i) for i in range(TOGETHER + 1)]))
    assert [sum(map(len, group)) for group in groups] == [8, 7]
    assert [each for group in groups for column in group for each in column] == list(range(TOGETHER + 1))


def test_one_check_stands_alone_and_none_take_no_room():
    assert numbers(in_columns([check(7)])) == [[[7]]]
    assert in_columns([]) == []
