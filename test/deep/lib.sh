# shellcheck shell=bash
#
# deep/lib.sh: what the programs of this folder start with.
#
# deep/run, which calls them, has made and built a copy of the tree, and has
# installed the extension.

# shellcheck source=test/lib.sh
. test/lib.sh

stage_dir=${STAGE_DIR:?is set by test/deep/run; say: make test-deep PARTS=${0##*/}}
