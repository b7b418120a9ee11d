# shellcheck shell=bash
#
# lib.sh: what the lints start with.  A lint runs at the top of the tree, and
# has a verdict for each promise that it checks.

# shellcheck source=test/lib.sh
. test/lib.sh
