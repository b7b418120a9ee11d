"""What the server's log says of crashes and internal errors, and whose they are.

An internal error is ours if it was raised in a function of the library, or if the
library stands in its backtrace.  PostgreSQL writes backtraces for the functions
that a setting names; of one that has none it is asked which statement it was.
"""
import collections
import glob
import os
import re
import subprocess

from calls import READING

# Functions of PostgreSQL that raise internal errors when something vanishes meanwhile
RAISING = """
ATExecDetachPartition ConstraintSetParentConstraint DetachPartitionFinalize RelationBuildTriggers RelationIsVisible
RemoveConstraintById RemoveTriggerById TypeIsVisible aclcheck_error deleteOneObject format_type_extended get_attname
get_constraint_index get_partition_parent get_relation_constraint_oid getBaseTypeAndTypmod has_subclass heap_delete
heap_drop_with_catalog heap_update index_open load_domaintype_info lookup_type_cache mdopenfork mdread
object_ownercheck pg_attribute_aclmask_ext pg_class_aclmask_ext pg_class_ownercheck pg_get_constraintdef_worker
relation_open ri_LoadConstraintInfo simple_heap_delete simple_heap_update tryAttachPartitionForeignKey""".split()

SETTINGS = ["log_error_verbosity = verbose", "backtrace_functions = '%s'" % ",".join(RAISING)]

# What a function may refuse a call for: what is gone, what is in use, what the policy or
# PostgreSQL forbids.  It is never asked for anything that makes no sense.
REFUSALS = set("""0A000 22004 25P02 3F000 40001 40P01 42501 42703 42704 42809 42830 42P01 42P10 42P17
55000 55006 55P03 57014""".split())

# What other sessions hear when one has crashed
CRASHED = {"57P01", "57P02", "57P03"}

ENTRY = re.compile(r"^\d{4}-\d\d-\d\d [\d:.]+ \w+ \[\d+\] (?:\S+ )?(?=[A-Z]+\d?: )")
SEVERITY = re.compile(r"(ERROR|FATAL|PANIC|WARNING|LOG): +(\w{5}): (.*)", re.DOTALL)
LOCATION = re.compile(r"LOCATION:  (\w+), (\S+):\d+")
STATEMENT = re.compile(r"STATEMENT: +(.*)", re.DOTALL)
# A line of a backtrace that is not about the library
FOREIGN_FRAME = re.compile(r"^\t(?!.*fkfix\.so).*\[0x[0-9a-f]+\]\n", re.MULTILINE)
LEAK = re.compile(r"(?:reference|lock|file|Plancache|TupleDesc|Snapshot) leak|resource was not closed")
CALL = re.compile(r"pg_catalog\.(fkfix_\w+)\(")

# an example, and how often there is one like it
Group = collections.namedtuple("Group", "count example")


class Verdict:
    """What has been found, by what it has in common."""

    def __init__(self, internal_words):
        self.internal_words = internal_words
        self.own_functions, self.own_files = own_code()
        self.crashes = {}
        self.of_calls = {}
        self.of_changes = {}
        self.of_postgres = {}
        self.slow = {}
        self.leaks = {}
        self.own_traps = 0      # assertions of PostgreSQL's own code that failed
        self.trapped = 0        # of them, those whose process has not been seen to end

    def read(self, name):
        for entry in entries(name):
            self.judge(entry)

    def judge(self, entry):
        if "TRAP:" in entry and "fkfix.so" not in entry:
            self.own_traps += 1
            self.trapped += 1
            add(self.of_postgres, entry.split(",")[0], entry)
        elif "terminated by signal 6" in entry and self.trapped:
            self.trapped -= 1
        elif "terminated by signal" in entry or "TRAP:" in entry or "PANIC:" in entry:
            add(self.crashes, crash_of(entry), entry)
        elif LEAK.search(entry):
            add(self.leaks, entry.split(": ", 2)[-1][:60], entry)
        else:
            self.judge_error(entry)

    def judge_error(self, entry):
        match = SEVERITY.search(entry)
        if not match or match.group(1) == "LOG":
            return
        state, message = match.group(2), match.group(3).split("\n")[0]
        call = called_in(entry)
        if state == "57014" and "statement timeout" in message and call in READING:
            add(self.slow, call, entry)
        elif self.is_wrong(match.group(1), state, message, call):
            add(self.group_of(entry, call), "%s %s (%s), in %s" % (
                state, re.sub(r"\d+|\"[^\"]*\"", "_", message), place_of(entry), call + "()" if call else command_of(entry)), entry)

    def is_wrong(self, severity, state, message, call):
        if severity == "WARNING":
            return self.internal_words.search(message)
        internal = state.startswith(("XX", "58")) or self.internal_words.search(message)
        return internal or (call and state not in REFUSALS | CRASHED)

    def group_of(self, entry, call):
        if self.is_ours(entry, call):
            return self.of_calls if call else self.of_changes
        return self.of_postgres

    def is_ours(self, entry, call):
        location = LOCATION.search(entry)
        if location and location.group(1) in self.own_functions and location.group(2) in self.own_files:
            return True
        if "BACKTRACE:" in entry:
            return "fkfix.so" in entry
        return bool(call) or "fkfix" in STATEMENT.sub("", entry)


def own_code():
    """The names of the library's functions, static ones as well, and of its files as messages give them."""
    symbols = subprocess.run(["nm", "fkfix.so"], check=True, capture_output=True, text=True).stdout
    functions = set(re.findall(r"^\w+ [tT] (\w+)", symbols, re.MULTILINE))
    files = {os.path.basename(name) for name in glob.glob("src/**/*.c", recursive=True)}
    return functions, files


def entries(name):
    """The entries of the log, with the lines that belong to each.  An assertion writes without a prefix."""
    entry = []
    with open(name, encoding="utf-8", errors="replace") as log:
        for line in log:
            start = ENTRY.match(line)
            if line.startswith("TRAP:") or start and SEVERITY.match(line, start.end()):
                yield "".join(entry)
                entry = []
            entry.append(ENTRY.sub("", line))
    yield "".join(entry)


def called_in(entry):
    statement = STATEMENT.search(entry)
    call = CALL.search(statement.group(1)) if statement else None
    return call.group(1) if call else ""


def command_of(entry):
    """The words of a statement that are in capitals: without names."""
    statement = STATEMENT.search(entry)
    return " ".join(re.findall(r"\b[A-Z]{3,}\b", statement.group(1))[:6]) if statement else "no statement"


def crash_of(entry):
    """What has crashed; the process says the statement, an assertion says more."""
    call = CALL.search(entry)
    if "TRAP:" in entry:
        return entry.split(",")[0]
    signal = re.search(r"terminated by signal (\d+)", entry)
    return "signal %s in %s" % (signal.group(1) if signal else "?", call.group(1) + "()" if call else "another statement")


def place_of(entry):
    location = LOCATION.search(entry)
    return "%s, %s" % location.groups() if location else "?"


def add(groups, kind, entry):
    known = groups.get(kind)
    groups[kind] = Group(known.count + 1, known.example) if known else Group(1, FOREIGN_FRAME.sub("", entry))
