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
pg_config = $(shell $(PG_CONFIG) $(1) 2>/dev/null)
PGXS := $(call pg_config,--pgxs)
SERVER_HEADERS := $(call pg_config,--includedir-server)

# Without the server's development files only the targets that install them,
# or that need no server, can run.  What tells is postgres.h: Debian's client
# package has pgxs.mk, too.
ifneq ($(and $(wildcard $(PGXS)),$(wildcard $(SERVER_HEADERS)/postgres.h)),)

# Bitcode, which only JIT compilation would use, needs the clang that the
# server was built with.
CLANG := $(shell sed -n 's/^CLANG *= *//p' $(dir $(PGXS))../Makefile.global)
ifeq ($(shell command -v $(firstword $(CLANG) clang) 2>/dev/null),)
override with_llvm = no
endif

# PGXS's own target leaves its databases behind.
NO_INSTALLCHECK = 1
include $(PGXS)

# Drops the database of the tests before it in the line, and ends as they did.
and_drop = ; status=$$?; '$(bindir)/dropdb' --if-exists --force $(1) && exit $$status

# The tests' databases, their messages and what initdb makes are the same whatever
# the locale of the server and of the user, which may not even exist here.
ENCODING = UTF8
NO_LOCALE = 1
installcheck: export LANG = C.UTF-8
installcheck: export LC_ALL = C.UTF-8
installcheck: submake
	@PATH='$(bindir)':"$$PATH" test/installcheck-ready $(if $(TAP_TESTS),tap) $(if $(REGRESS)$(ISOLATION),server)
ifneq ($(REGRESS),)
	$(pg_regress_installcheck) $(REGRESS_OPTS) $(REGRESS)$(call and_drop,$(CONTRIB_TESTDB))
endif
ifneq ($(ISOLATION),)
	$(pg_isolation_regress_installcheck) $(ISOLATION_OPTS) $(ISOLATION)$(call and_drop,$(ISOLATION_TESTDB))
endif
ifneq ($(TAP_TESTS),)
	$(prove_installcheck)
endif

else
MAJOR = $(shell $(PG_CONFIG) --version | sed 's/[^0-9]*\([0-9]*\).*/\1/')
.PHONY: all install installcheck clean
all install installcheck clean:
ifeq ($(PGXS),)
	@echo "Cannot run $(PG_CONFIG).  Install the server's development files (Debian:" >&2
	@echo "postgresql-server-dev-all), or say where it is: make PG_CONFIG=/path/to/pg_config" >&2
else
	@echo "The development files of $(call pg_config,--version) are missing: there is no" >&2
	@echo "$(SERVER_HEADERS)/postgres.h.  Install them (Debian: postgresql-server-dev-$(MAJOR))," >&2
	@echo "or if your server is another one, say so: make PG_CONFIG=/path/to/its/pg_config" >&2
endif
	@exit 1
endif

$(OBJS): $(wildcard src/*.h) fkfix.control

# What is given to make, as PG_CONFIG=... or TESTS=..., the scripts find in their
# environment.
.PHONY: test test-fresh test-versions test-deep bench demo lint headerscheck indent dist

test:
	@test/run

lint:
	@SUITES=lint test/run

test-fresh:
	@test/fresh

test-versions:
	@test/versions

test-deep:
	@test/deep/run

# Sizes are taken from the command line or the environment; see test/bench/run.
bench:
	@test/bench/run

demo:
	@test/demo

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
