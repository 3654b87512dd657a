# make                build/debug/demarche and every test program
# make check          every test, through prove; ./check does that and more
# make V=asan check   the same under AddressSanitizer and UBSan
# make lint tidy      the rules of STYLE.md; clang-tidy and cppcheck
# make docs           docs/ERRORS.md from src/base/errors.def
# make fuzz           every fuzzer for FUZZ_S seconds, with clang
# make bench          the benchmarks, optimised
# make soak interop   the long simulation and KILLS kills; other people's
#                     programs
# make V=release install DESTDIR=./stage
#
# CC, B (where things are built) and MODULES (what the library is made of)
# may be given.

V       ?= debug
B       ?= build/$(V)
PREFIX  ?= /usr/local
FUZZ_S  ?= 60
SOAK_S  ?= 600
KILLS   ?= 5000
JOBS    ?= 2
ifeq ($(V),fuzz)
CC      := clang
endif

PKGS    := libcrypto libssl libevent libevent_openssl libcurl sqlite3 \
           jansson libsodium libseccomp zlib libarchive
STRICT  := -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wshadow \
           -Wconversion -Wstrict-prototypes -Wmissing-prototypes \
           -Wswitch-enum -Wvla -Wwrite-strings -Wformat=2 -Wundef -Werror
HARDEN  := -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
SANE    := -fno-omit-frame-pointer -fno-sanitize-recover=all

FLAGS_debug   := -O0 -g
FLAGS_asan    := -O1 -g $(SANE) -fsanitize=address,undefined
FLAGS_cover   := -O0 -g --coverage
FLAGS_release := -O2 -g $(HARDEN)
FLAGS_fuzz    := -O1 -g $(SANE) -fsanitize=fuzzer-no-link,address,undefined
LINK_release  := -pie -Wl,-z,relro,-z,now

CPPFLAGS := -I. -Isrc $(shell pkg-config --cflags $(PKGS))
CFLAGS   := $(STRICT) $(FLAGS_$(V)) -MMD -MP
LDFLAGS  := $(FLAGS_$(V)) $(LINK_$(V)) -Wl,--as-needed
LDLIBS   := $(shell pkg-config --libs $(PKGS))
ARFLAGS = qcsD

# In their order: each includes itself and those before it (tools/lint).
MODULES := base domain seal formats ledger keeper store docket proof proc \
           node exchange desk cli
MAIN    := $(wildcard src/cli/main.c)
SRC     := $(filter-out src/cli/main.c, \
           $(foreach m,$(MODULES),$(wildcard src/$(m)/*.c)))
LIB     := $(B)/libdemarche.a
BIN     := $(if $(MAIN),$(B)/demarche)

HELP    := tests/tap.c tests/lab.c $(wildcard tests/support/*.c)
HELPLIB := $(B)/libtest.a
UNITC   := $(wildcard tests/unit/test_*.c)
UNIT    := $(UNITC:tests/unit/%.c=$(B)/tests/%)
SIMC    := $(wildcard tests/sim/*.c)
SIM     := $(if $(SIMC),$(B)/simulate)
FUZZC   := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ    := $(FUZZC:tests/fuzz/%.c=$(B)/fuzz/%)
REPLAY  := $(if $(wildcard tests/fuzz/replay.c),$(FUZZ))
INTEROPC := $(wildcard tests/interop/*.c)
INTEROP := $(if $(INTEROPC),$(B)/interop/export)
BENCHC  := $(wildcard bench/*.c)
BENCH   := $(BENCHC:%.c=$(B)/%)
ALLC    := $(SRC) $(MAIN) $(HELP) $(UNITC) $(SIMC) $(FUZZC) $(BENCHC) \
           $(INTEROPC) $(wildcard tests/fuzz/replay.c)

# What prove runs: programs and scripts that print TAP.
TESTS   := $(UNIT) $(REPLAY) $(SIM)
SHTESTS := $(if $(shell command -v bats), \
           $(wildcard tests/cli/*.bats tests/scenario/*.bats))

.SECONDARY:
.DELETE_ON_ERROR:
.PHONY: all lib bin check programs modules lint format tidy docs fuzz bench \
        soak interop install clean

ifeq ($(V),release)
all: lib bin
else ifeq ($(V),fuzz)
all: lib $(FUZZ)
else
all: lib bin $(TESTS) $(INTEROP)
endif
lib: $(LIB)
bin: $(BIN)

$(LIB): $(SRC:%.c=$(B)/%.o)
	@rm -f $@
	$(AR) $(ARFLAGS) $@ $^

# A program without a main() of its own gets tap.c's.
$(HELPLIB): $(HELP:%.c=$(B)/%.o)
	@rm -f $@
	$(AR) $(ARFLAGS) $@ $^

$(B)/demarche: $(B)/src/cli/main.o $(LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/tests/test_%: $(B)/tests/unit/test_%.o $(HELPLIB) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/simulate: $(SIMC:%.c=$(B)/%.o) $(HELPLIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/interop/export: $(INTEROPC:%.c=$(B)/%.o) $(HELPLIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

ifeq ($(V),fuzz)
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(HELPLIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)
else
$(B)/fuzz/%: $(B)/tests/fuzz/%.o $(B)/tests/fuzz/replay.o $(HELPLIB) \
    $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)
endif

$(B)/bench/slowsync.so: bench/slow/slowsync.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(STRICT) -O2 -fPIC -shared -o $@ $<

$(B)/bench/exchange: $(B)/bench/slowsync.so

$(B)/bench/%: $(B)/bench/%.o $(HELPLIB) $(LIB)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $(filter-out %.so,$^) $(LDLIBS)

$(B)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(CC) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

# For ./check: what there is to run, one a line.  For tools/lint: the modules.
programs:
	@printf '%s\n' $(TESTS)
modules:
	@echo $(MODULES)

check: all
	DEMARCHE=$(CURDIR)/$(B)/demarche prove -j$(JOBS) --timer \
	    --exec tools/run-test $(TESTS) $(SHTESTS)

lint:
	tools/lint

format:
	clang-format -i $(wildcard src/*/*.[ch] tests/*.[ch] tests/*/*.[ch] \
	    bench/*.[ch] bench/*/*.[ch])

# A file is looked at again when its object would be compiled again.
tidy: $(ALLC:%.c=$(B)/%.tidy)
	tools/tidy cppcheck $(B) $(SRC) $(MAIN)

$(B)/%.tidy: %.c $(B)/%.o .clang-tidy
	tools/tidy clang-tidy $< $(CPPFLAGS) $(STRICT)
	@touch $@

docs: docs/ERRORS.md docs/KINDS.md

docs/KINDS.md: $(B)/tools/kinds
	$(B)/tools/kinds >$@

$(B)/tools/kinds: $(B)/tools/kinds.o $(LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

docs/ERRORS.md: src/base/errors.def tools/errors-doc
	tools/errors-doc src/base/errors.def >$@

fuzz:
	$(MAKE) V=fuzz all
	tools/fuzz build/fuzz $(FUZZ_S)

ifeq ($(V),release)
bench: $(BENCH) $(BIN)
	for b in $(BENCH); do $$b || exit 1; done
soak: $(SIM) $(BIN)
	$(SIM) --seconds $(SOAK_S)
	DEMARCHE=$(CURDIR)/$(BIN) KILLS=$(KILLS) \
	    bats --tap tests/scenario/10-kills.bats
else
bench soak:
	$(MAKE) V=release $@
endif

interop: $(INTEROP)
	EXPORT=$(CURDIR)/$(INTEROP) tests/interop/run

install: bin
	install -d $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(B)/demarche $(DESTDIR)$(PREFIX)/bin/demarche
	for n in 1 5 7; do for page in man/*.$$n; do \
	    [ -f $$page ] || continue; \
	    install -d $(DESTDIR)$(PREFIX)/share/man/man$$n; \
	    install -m 644 $$page $(DESTDIR)$(PREFIX)/share/man/man$$n/; \
	done; done
	install -d $(DESTDIR)$(PREFIX)/share/doc/demarche
	install -m 644 LICENSE $(DESTDIR)$(PREFIX)/share/doc/demarche/LICENSE

clean:
	rm -rf build

-include $(shell find $(B) -name '*.d' 2>/dev/null)
