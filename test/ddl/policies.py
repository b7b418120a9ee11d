"""Random rules, and what they say about the keys of the audit."""
import re

from statements import ACTIONS

MODES = ["off", "warn", "error", "fix"]


class Policy:
    """What is in fkfix.policy; mode is that of most rules, None for any."""

    def __init__(self, random, mode):
        self.random = random
        self.mode = mode

    def chance(self, probability):
        return self.random.random() < probability

    def table_pattern(self, tables):
        names = [t.name for t in tables] + [t.short for t in tables]
        return self.random.choice([None, None, "*", "t*", "n*", "s1.*", "s2.t*", "s?.*", "t?", *names[:6]])

    def actions(self, event):
        chosen = self.random.sample(ACTIONS, self.random.choice([1, 1, 2, 2, 3]))
        if event == "DELETE":
            chosen = [a + self.random.choice(["", "", "", " (ra)", " (ra, rb)"]) if a.startswith("SET") else a
                      for a in chosen]
        return " | ".join(chosen)

    def rule(self, tables):
        return (self.table_pattern(tables) if self.chance(0.6) else None,
                self.random.choice([None] * 5 + [["ra"], ["r?"], ["ra", "rb"], ["*"]]),
                self.table_pattern(tables) if self.chance(0.3) else None,
                self.random.choice([None] * 5 + ["k*", "*_fkey", "k", "kk"]),
                self.random.choice([None, None, None, True, False]),
                self.actions("DELETE") if self.chance(0.8) else None,
                self.actions("UPDATE") if self.chance(0.3) else None,
                self.mode if self.mode and self.chance(0.9) else self.random.choice(MODES),
                self.random.choice([0, 0, 0, 1]),
                self.random.choice([None, "because"]))

    def rules(self, tables):
        return [self.rule(tables) for _ in range(self.random.randrange(2, 7))]


def mode_of(row, modes, override):
    """What enforcement does about a row of the audit."""
    if row.status in ("compliant", "exempt", "unmanaged"):
        return "off"
    asked = [override if override != "policy" else modes[rule] for rule in rules_of(row)]
    if row.status == "conflict":
        return "conflict" if any(mode != "off" for mode in asked) else "off"
    return asked[0] if asked else "off"


def rules_of(row):
    """A conflict is named in words, its rules by number."""
    if row.status == "conflict":
        return [int(number) for number in re.findall(r"\brule (\d+) for", row.detail)]
    return [row.rule] if row.rule else []


def demand_of(row):
    """What is asked of a key, by effect: SET NULL over all columns is SET NULL."""
    def plain(actions):
        return [re.sub(r" \((.*)\)", lambda m: "" if set(m.group(1).split(", ")) == set(row.columns)
                       else " (%s)" % ", ".join(sorted(m.group(1).split(", "))), action)
                for action in (actions or "").split(" | ")]
    return plain(row.required_on_delete), plain(row.required_on_update)
