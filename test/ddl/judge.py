"""What must be true after a statement, by what the audit says before and after."""
import collections

from policies import demand_of, mode_of
from twins import AUDIT, ROOTS


class Picture:
    """The keys as they are, and as the policy sees them."""

    def __init__(self, database):
        self.findings = {row.key: row for row in database.records(AUDIT)}
        self.roots = {}
        self.by_name = {}
        for key, root, relid, name in database.rows(ROOTS):
            self.roots[key] = root
            self.by_name[relid, name] = root
        self.modes = dict(database.rows("SELECT id, enforcement FROM fkfix.policy"))

    def past_of(self, row):
        """The finding about the same key, or the root that it hung on, here."""
        root = self.roots.get(row.key) or self.by_name.get((row.relid, row.name))
        return self.findings.get(root)


# certain: not so if it may be a key that core has put up again
Culprit = collections.namedtuple("Culprit", "row mode older certain")


class Judge:
    """Looks at one statement."""

    def __init__(self, before, override):
        self.before = before
        self.override = override

    def culprits(self, after):
        """The keys that the statement has brought into violation, or made so."""
        found = []
        for row in after.findings.values():
            mode = mode_of(row, after.modes, self.override)
            past = self.before.past_of(row)
            if mode == "off" or row.status == "damaged":
                continue
            as_bad = past and self.was_as_bad(past, row, mode)
            if not as_bad or row.key not in self.before.roots:
                found.append(Culprit(row, mode, past is not None, not as_bad))
        return found

    def was_as_bad(self, past, row, mode):
        if mode_of(past, self.before.modes, self.override) != mode:
            return False
        if "conflict" in (past.status, row.status):
            return past.status == row.status
        return past.rule == row.rule or demand_of(past) == demand_of(row)

    def after_success(self, statement, after, said):
        """What is wrong with a statement that was let through."""
        wrong = []
        culprits = self.culprits(after)
        unclaimed = [line for line in said.splitlines() if is_warning(line) and
                     not any(warning_about(culprit.row) in line for culprit in culprits)]
        for culprit in culprits:
            warned = warning_about(culprit.row) in said
            tolerated = (culprit.mode in ("warn", "conflict") or statement.detaches or
                         (culprit.mode == "fix" and culprit.older and culprit.row.status == "violation"))
            if not warned and not culprit.certain:
                continue
            # the second of two statements may have renamed what the first was warned of
            if not warned and statement.compound and tolerated and unclaimed:
                unclaimed.pop()
            elif not warned:
                wrong.append("no word about a %s" % (culprit,))
            elif not tolerated:
                wrong.append("only a warning about a %s" % (culprit,))
        if not statement.compound:
            wrong += ["unfounded: " + line for line in unclaimed]
        wrong += ["announced, but not done: " + line for line in said.splitlines()
                  if '" is now ON ' in line and not statement.compound and not self.is_done(line, after)]
        return wrong

    def is_done(self, line, after):
        rows = [row for row in after.findings.values() if 'foreign key "%s" of table "%s" is now' % (row.name, row.table) in line]
        return any(row.status == "compliant" for row in rows)

    def after_refusal(self, statement, would_be, error):
        """What is wrong with a refusal, if without enforcement this were the result."""
        if statement.compound:
            return []
        refused = [culprit for culprit in self.culprits(would_be)
                   if culprit.mode == "error" or (culprit.mode == "fix" and culprit.row.status != "violation")]
        if any(warning_about(culprit.row) in str(error) for culprit in refused):
            return []
        return ["unfounded refusal"]


def warning_about(row):
    if row.status == "conflict":
        return 'rules conflict over foreign key "%s" of table "%s"' % (row.name, row.table)
    return 'foreign key "%s" of table "%s" must be ' % (row.name, row.table)


def is_warning(line):
    return line.startswith("WARNING:") and ('" must be ' in line or "rules conflict" in line)
