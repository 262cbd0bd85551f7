# SPDX-License-Identifier: BSD-2-Clause
# libfuota: one library, small programs, manual pages. `make help` lists the
# targets.

PREFIX    ?= /usr/local
BINDIR    ?= $(PREFIX)/bin
LIBDIR    ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR    ?= $(PREFIX)/share/man
COMPDIR   ?= $(PREFIX)/share/bash-completion/completions
DATADIR   ?= $(PREFIX)/share/fuota
DESTDIR   ?=
PKG_CONFIG ?= pkg-config
BUILD     ?= build
VECTORS   ?= ../shared/vectors
CFLAGS    ?= -O2 -g
AR        ?= ar
INSTALL   ?= install

# `make V=1` shows every command.
ifneq ($(V),1)
Q := @
say = @echo "  $(1) $(2)"
endif

VERSION := $(shell sed -n 's/.*FUOTA_LIBRARY_VERSION "\(.*\)"/\1/p' include/fuota/version.h)
SOVERSION := 0
PACKAGES := libsodium zlib libelf jansson yaml-0.1 libcrypto sqlite3

warnings := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion \
	-Wstrict-prototypes -Wmissing-prototypes -Wcast-qual -Wcast-align \
	-Wwrite-strings -Wundef -Wvla -Wformat=2 -Wswitch-enum \
	-Wimplicit-fallthrough -Wnull-dereference
ifeq ($(WERROR),1)
warnings += -Werror
endif
common_flags := -std=c11 $(warnings) -Iinclude -MMD -MP -fvisibility=hidden
hosted_flags = -D_GNU_SOURCE -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fPIC \
	$(shell $(PKG_CONFIG) --cflags $(PACKAGES))
hosted_ldflags := -Wl,-z,relro,-z,now -Wl,-z,noexecstack
hosted_libs = $(shell $(PKG_CONFIG) --libs $(PACKAGES)) -ldivsufsort -lbz2 -lm -lpthread
# clang has no -Wstack-usage; gcc watches the same sources.
device_flags := -ffreestanding $(if $(findstring clang,$(CC)),,-Wstack-usage=256)

tools   := $(patsubst cmd/%.c,%,$(wildcard cmd/fuota-*.c))
lib_src := $(wildcard lib/*.c)
dev_src := $(wildcard lib/device/*.c)
cmd_src := $(wildcard cmd/common/*.c)
session_src := $(wildcard cmd/session/*.c)
tests   := $(patsubst tests/%.c,%,$(wildcard tests/test_*.c))
fuzzers := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
benches := $(patsubst tests/bench/%.c,%,$(wildcard tests/bench/bench_*.c))
headers := $(wildcard include/fuota/*.h include/fuota/device/*.h)
pages   := $(wildcard man/*.[1-8])

lib_obj := $(lib_src:%.c=$(BUILD)/%.o)
dev_obj := $(dev_src:%.c=$(BUILD)/%.o)
cmd_obj := $(cmd_src:%.c=$(BUILD)/%.o)
session_obj := $(session_src:%.c=$(BUILD)/%.o)
cmd_lib := $(BUILD)/cmd/common.a
test_obj := $(patsubst %.c,$(BUILD)/%.o,$(wildcard tests/support/*.c tests/sim/*.c))

soname  := libfuota.so.$(SOVERSION)
shared  := $(BUILD)/lib/libfuota.so.$(VERSION)
static  := $(BUILD)/lib/libfuota.a

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all setup check check-tests check-cli check-asan check-valgrind \
	check-clang check-gcc check-portable check-install check-docs check-exports check-format check-fuzz \
	check-faults check-corpus check-examples bench bench-delta demo demo-corpus demo-device device fuzz samples lint install uninstall dist \
	clean help FORCE

all: $(tools:%=$(BUILD)/bin/%) $(shared) $(static)

help:
	@sed -n 's/^## *//p' $(MAKEFILE_LIST)

## all             the library and the tools, in build/
## demo            the whole pipeline on a real firmware pair (OLD= NEW= for yours)
## demo-corpus     the same on two releases of a product, fetched with npm
## demo-device     a device under qemu is updated, cut off and attacked
## simulate        RUNS (100000) installs of a real update under power cuts
## check           install what is missing, build, run every test
## check-asan      the tests under ASan and UBSan
## check-valgrind  the tests under valgrind
## check-clang     build with clang, warnings are errors, and run the tests
## check-faults    the k-th allocation and the k-th write fail, for every k
## check-corpus    a second decoder makes the same of every delta of real firmware
## check-portable  the device library as 32-bit and as big-endian code
## check-install   install, use and uninstall under a scratch prefix
## lint            formatting, manual pages, exports, documentation
## bench           figures: speed, size, memory
## bench-delta     deltas and compression of real firmware, against others' coders
## fuzz            run every fuzz target for FUZZ_SECONDS (60) each
## device          cross-compile lib/device and print its sizes
## samples         rebuild the sample firmware
## install         into DESTDIR/PREFIX; uninstall removes it
## dist            a source archive
## clean           remove build/

setup:
	@scripts/setup $(SETUP)

# --- objects ---------------------------------------------------------------

$(BUILD)/lib/device/%.o: lib/device/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC ,$<)
	$(Q)$(CC) $(common_flags) $(device_flags) -fPIC $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call say,CC ,$<)
	$(Q)$(CC) $(common_flags) $(hosted_flags) $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(BUILD)/tests/%.o: tests/%.c Makefile
	@mkdir -p $(@D)
	$(call say,CC ,$<)
	$(Q)$(CC) $(common_flags) $(hosted_flags) -Ilib -Itests $(CPPFLAGS) $(CFLAGS) -c -o $@ $<

$(static): $(lib_obj) $(dev_obj)
	@mkdir -p $(@D)
	$(call say,AR ,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

$(shared): $(lib_obj) $(dev_obj) lib/libfuota.map
	@mkdir -p $(@D)
	$(call say,LD ,$@)
	$(Q)$(CC) -shared -Wl,-soname,$(soname) -Wl,--version-script=lib/libfuota.map \
	  -Wl,--no-undefined $(hosted_ldflags) $(CFLAGS) $(LDFLAGS) -o $@ \
	  $(lib_obj) $(dev_obj) $(hosted_libs)
	$(Q)ln -sf $(@F) $(@D)/$(soname)
	$(Q)ln -sf $(soname) $(@D)/libfuota.so

$(cmd_lib): $(cmd_obj)
	@mkdir -p $(@D)
	$(call say,AR ,$@)
	$(Q)rm -f $@
	$(Q)$(AR) rcs $@ $^

# The tools take what they need out of the archives, so that none loads the
# libraries of all others: that alone took 10 ms and 2 MB. They use exported
# functions only; check-exports sees to it.
$(BUILD)/bin/fuota-session: $(session_obj)
$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(cmd_lib) $(static)
	@mkdir -p $(@D)
	$(call say,LD ,$@)
	$(Q)$(CC) -pie $(hosted_ldflags) -Wl,--as-needed $(CFLAGS) $(LDFLAGS) -o $@ \
	  $(filter %.o,$^) $(cmd_lib) $(static) $(hosted_libs)

# --- tests -----------------------------------------------------------------

$(BUILD)/tests/test_%: $(BUILD)/tests/test_%.o $(test_obj) $(static)
	$(call say,LD ,$@)
	$(Q)$(CC) $(hosted_ldflags) $(CFLAGS) $(LDFLAGS) -o $@ $< $(test_obj) $(static) \
	  $(hosted_libs) $(shell $(PKG_CONFIG) --libs cmocka)

check:
	@$(MAKE) --no-print-directory setup SETUP="build check"
	@$(MAKE) --no-print-directory all
	@$(MAKE) --no-print-directory check-tests check-cli check-fuzz check-examples lint

check-tests: $(tests:%=$(BUILD)/tests/%)
	@tests/run $(BUILD) $(tests)

$(BUILD)/tests/simulate: $(BUILD)/tests/simulate.o $(test_obj) $(static)
	$(call say,LD ,$@)
	$(Q)$(CC) $(hosted_ldflags) $(CFLAGS) $(LDFLAGS) -o $@ $< $(test_obj) $(static) \
	  $(hosted_libs) $(shell $(PKG_CONFIG) --libs cmocka)

simulate: setup
	@$(MAKE) --no-print-directory -s $(BUILD)/tests/simulate
	@scripts/simulate $(BUILD) $(RUNS)

check-cli: all
	@tests/run-cli $(BUILD) $(CLI)

check-examples: all
	@tests/run-examples $(BUILD)

# A tool that has written its output leaves its memory to exit(): no leak
# check for those, but for every test program. Left out are the scripts whose
# time goes to compilers, Python and benches rather than to the tools.
sanitized := BUILD=$(BUILD)/asan LDFLAGS="-fsanitize=address,undefined" \
	CFLAGS="-O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all"

sanitized_cli := $(filter-out bench-delta.sh codec-reference.sh device-size.sh \
	porting.sh samples-%.sh, $(notdir $(wildcard tests/cli/*.sh)))

check-asan:
	FUOTA_SHORT=1 $(MAKE) $(sanitized) all check-tests check-fuzz
	ASAN_OPTIONS=detect_leaks=0 $(MAKE) $(sanitized) CLI="$(sanitized_cli)" check-cli

check-valgrind: $(tests:%=$(BUILD)/tests/%)
	@FUOTA_SHORT=1 TEST_WRAPPER="valgrind -q --error-exitcode=99 --leak-check=full --show-leak-kinds=definite" \
	  tests/run $(BUILD) $(tests)

check-clang:
	$(MAKE) BUILD=$(BUILD)/clang CC=clang WERROR=1 all check-tests

check-gcc:
	$(MAKE) BUILD=$(BUILD)/gcc CC=gcc WERROR=1 all check-tests

# The device library with other word sizes and byte orders. The hosted half
# needs libraries that a Debian system has for one architecture only.
check-portable: all
	@tests/run-portable $(BUILD)

check-install: all
	@tests/run-install $(BUILD)

check-faults: all
	@tests/run-faults $(BUILD)

check-corpus: all
	@tests/run-corpus $(BUILD) $(CORPUS)

# --- fuzzing ---------------------------------------------------------------

# The corpus is replayed by every compiler; `make fuzz` needs clang.
$(BUILD)/tests/fuzz/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(test_obj) $(static)
	$(call say,LD ,$@)
	$(Q)$(CC) $(hosted_ldflags) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(hosted_libs) \
	  $(shell $(PKG_CONFIG) --libs cmocka)

check-fuzz: $(fuzzers:fuzz_%=$(BUILD)/tests/fuzz/replay_%)
	@tests/run-replay $(BUILD) $(fuzzers:fuzz_%=%)

fuzz:
	tests/run-fuzz $(BUILD) $(fuzzers:fuzz_%=%)

# --- figures ---------------------------------------------------------------

$(BUILD)/tests/bench/bench_%: $(BUILD)/tests/bench/bench_%.o $(test_obj) $(static)
	$(call say,LD ,$@)
	$(Q)$(CC) $(hosted_ldflags) $(CFLAGS) $(LDFLAGS) -o $@ $< $(test_obj) $(static) \
	  $(hosted_libs) $(shell $(PKG_CONFIG) --libs cmocka)

bench: setup
	@$(MAKE) --no-print-directory all $(benches:%=$(BUILD)/tests/bench/%)
	@scripts/bench $(BUILD)

# CORPUS= and CACHE= name directories that keep what is fetched.
bench-delta: setup
	@$(MAKE) --no-print-directory -s all
	@scripts/bench-delta $(CORPUS:%=--corpus %) $(CACHE:%=--cache %) \
	  --page bench/results/delta.md $(BUILD)

# The demonstration asks for as few packages as it can do with.
demo: SETUP := build
demo-corpus demo-device device samples simulate: SETUP := build check
RUNS ?= 100000
demo: setup
	@$(MAKE) --no-print-directory -s all
	@scripts/demo $(BUILD) "$(or $(OLD),samples/app-1.2.bin)" "$(or $(NEW),samples/app-1.3.bin)"

demo-corpus: setup
	@$(MAKE) --no-print-directory -s all
	@scripts/demo-corpus $(BUILD)

demo-device: setup
	@$(MAKE) --no-print-directory -s all
	@scripts/demo-device $(BUILD)

# --- device and samples ----------------------------------------------------

device: setup
	@scripts/device-size
	@scripts/device-work

samples: setup
	@$(MAKE) --no-print-directory -s -C samples

# --- pages and documentation ----------------------------------------------

lint: check-format check-docs check-exports

check-format:
	@scripts/check-format

check-docs: all
	@scripts/check-docs $(BUILD)

check-exports: $(shared)
	@scripts/check-exports $(shared)

# --- installation ----------------------------------------------------------

# Remade at every install: PREFIX may have changed.
$(BUILD)/libfuota.pc: lib/libfuota.pc.in FORCE
	@mkdir -p $(@D)
	sed -e 's|@PREFIX@|$(PREFIX)|' -e 's|@LIBDIR@|$(LIBDIR)|' \
	  -e 's|@INCLUDEDIR@|$(INCLUDEDIR)|' -e 's|@VERSION@|$(VERSION)|' $< > $@

install: all $(BUILD)/libfuota.pc
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
	  $(DESTDIR)$(INCLUDEDIR)/fuota/device $(DESTDIR)$(COMPDIR) \
	  $(sort $(foreach p,$(pages),$(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))))
	$(INSTALL) -m 755 $(tools:%=$(BUILD)/bin/%) $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 755 $(shared) $(DESTDIR)$(LIBDIR)
	ln -sf libfuota.so.$(VERSION) $(DESTDIR)$(LIBDIR)/$(soname)
	ln -sf $(soname) $(DESTDIR)$(LIBDIR)/libfuota.so
	$(INSTALL) -m 644 $(static) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 644 $(BUILD)/libfuota.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	$(INSTALL) -m 644 $(wildcard include/fuota/*.h) $(DESTDIR)$(INCLUDEDIR)/fuota
	$(INSTALL) -m 644 $(wildcard include/fuota/device/*.h) $(DESTDIR)$(INCLUDEDIR)/fuota/device
	for page in $(pages); do \
	  $(INSTALL) -m 644 $$page $(DESTDIR)$(MANDIR)/man$${page##*.}; done
	for tool in $(tools); do \
	  $(INSTALL) -m 644 cmd/completion/fuota.bash $(DESTDIR)$(COMPDIR)/$$tool; done

uninstall:
	rm -f $(tools:%=$(DESTDIR)$(BINDIR)/%) $(tools:%=$(DESTDIR)$(COMPDIR)/%)
	rm -f $(DESTDIR)$(LIBDIR)/libfuota.so $(DESTDIR)$(LIBDIR)/$(soname) \
	  $(DESTDIR)$(LIBDIR)/libfuota.so.$(VERSION) $(DESTDIR)$(LIBDIR)/libfuota.a \
	  $(DESTDIR)$(LIBDIR)/pkgconfig/libfuota.pc
	rm -rf $(DESTDIR)$(INCLUDEDIR)/fuota
	for page in $(notdir $(pages)); do \
	  rm -f $(DESTDIR)$(MANDIR)/man$${page##*.}/$$page; done

dist:
	mkdir -p $(BUILD)
	git archive --prefix=libfuota-$(VERSION)/ -o $(BUILD)/libfuota-$(VERSION).tar.gz HEAD

clean:
	rm -rf $(BUILD)

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
