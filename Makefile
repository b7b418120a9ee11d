# fkfix: foreign keys that do what a policy says
#
#   make && sudo make install     build and install
#   make installcheck             test against a running server
#   make test                     everything, on a private server of its own
#
# CONTRIBUTING.md explains the other targets.

EXTENSION = fkfix
MODULE_big = fkfix
PGFILEDESC = "fkfix - foreign keys that do what a policy says"
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))
DATA = $(sort $(wildcard fkfix--*.sql))

# The version stands in the control file alone.
EXTVERSION := $(shell sed -n "s/^default_version *= *'\(.*\)'.*/\1/p" fkfix.control)
PG_CPPFLAGS = -DFKFIX_VERSION='"$(EXTVERSION)"'

# A test whose name ends in _vNN is for PostgreSQL NN and later.
for_this_server = $(shell printf '%s\n' $(sort $(1)) | \
	awk -v major=$(MAJORVERSION) '!match($$0, /_v[0-9]+$$/) || substr($$0, RSTART + 2) + 0 <= major + 0')
names_of = $(notdir $(basename $(wildcard $(1))))

REGRESS = $(call for_this_server,$(call names_of,sql/*.sql))
ifneq ($(wildcard test/specs/*.spec),)
ISOLATION = $(call for_this_server,$(call names_of,test/specs/*.spec))
ISOLATION_OPTS = --inputdir=test --load-extension=fkfix
endif
ifneq ($(wildcard test/t/*.pl),)
TAP_TESTS = 1
PROVE_TESTS = $(patsubst %,test/t/%.pl,$(call for_this_server,$(call names_of,test/t/*.pl)))
endif

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs 2>/dev/null)
# Without the server's development files only the targets that install them,
# or that need no server, can run.  What tells is postgres.h: Debian's client
# package has pgxs.mk, too.
ifneq ($(and $(wildcard $(PGXS)),$(wildcard $(shell $(PG_CONFIG) --includedir-server 2>/dev/null)/postgres.h)),)
include $(PGXS)
else
.PHONY: all install installcheck clean
all install installcheck clean:
	@echo "The development files of the PostgreSQL server are missing (Debian: postgresql-server-dev-NN)." >&2
	@exit 1
endif

$(OBJS): $(wildcard src/*.h) fkfix.control

.PHONY: test test-versions test-deep bench demo lint headerscheck indent dist

test:
	@PG_CONFIG='$(PG_CONFIG)' TESTS='$(TESTS)' SUITES='$(SUITES)' test/run

lint:
	@PG_CONFIG='$(PG_CONFIG)' SUITES=lint test/run

test-versions:
	@PG_CONFIG='$(PG_CONFIG)' VERSIONS='$(VERSIONS)' test/versions

test-deep:
	@PG_CONFIG='$(PG_CONFIG)' PARTS='$(PARTS)' test/deep/run

# Sizes are taken from the command line or the environment; see test/bench/run.
bench:
	@PG_CONFIG='$(PG_CONFIG)' test/bench/run

demo:
	@PG_CONFIG='$(PG_CONFIG)' test/demo

# Each header must compile with nothing but postgres.h before it.
headerscheck:
	@for header in src/*.h; do \
		echo "$$header"; \
		printf '#include "postgres.h"\n#include "%s"\n' "$$header" | \
		$(CC) $(CPPFLAGS) $(PG_CPPFLAGS) $(CFLAGS) -I. -Wall -Werror -fsyntax-only -x c - || exit 1; \
	done

indent:
	@test/indent

dist:
	git archive --format zip --prefix=$(EXTENSION)-$(EXTVERSION)/ -o $(EXTENSION)-$(EXTVERSION).zip HEAD

# Prints a variable, for the test scripts: make -s print-REGRESS
print-%:
	@echo $($*)
