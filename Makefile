# crosscut: one non-recursive Makefile; all output goes under build/<mode>/.
# Goals: all check demo unit conformance cli hostile headers model faults mutants faults-report warnings nightly bench install uninstall dist clean
# V=1 shows the commands. MODE=release|debug|asan|tsan|cover   CC=gcc|clang   PREFIX, DESTDIR, CFLAGS and LDFLAGS are yours.
MODE    ?= release
VERSION := 0.1.0
PREFIX  ?= /usr/local
Q       := $(if $(V),,@)
BUILD   := build/$(MODE)

PKGS_APP   := libcurl jansson sqlite3 libutf8proc inih libcrypto libsodium libmicrohttpd
PKGS_MEDIA := libseccomp libavformat libavcodec libavfilter libavutil libswscale libswresample jansson
PKGS_SIM   := libmicrohttpd jansson libcrypto libcurl libutf8proc
PKGS_TEST  := cmocka

# The flags of a hardened build (OpenSSF guide 2026-06-30, as RELIABILITY 5.5 lists them); those a compiler lacks are left out.
try = $(foreach f,$(1),$(shell $(CC) -Werror $(f) -x c -c -o /dev/null /dev/null 2>/dev/null && echo '$(f)'))
HARDEN := -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3 -fstack-protector-strong -fno-delete-null-pointer-checks \
          -fno-strict-overflow -fno-strict-aliasing -fPIE \
          $(call try,-fstack-clash-protection -fcf-protection=full -ftrivial-auto-var-init=zero -fstrict-flex-arrays=3)
HARDEN_LD := -pie -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack -Wl,-z,nodlopen

WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wformat=2 -Wconversion -Wsign-conversion \
        -Wimplicit-fallthrough -Wundef -Werror=format-security -Werror=implicit -Werror=incompatible-pointer-types \
        -Werror=int-conversion $(call try,-Wtrampolines -Wbidi-chars=any -Wuse-after-free=3 -Wdangling-pointer=2)

MODE_release := -O2 -g $(HARDEN)
MODE_debug   := -Og -g -Werror
# what is instrumented cannot run in the media worker's sandbox, and says so (crosscut version)
MODE_asan    := -DCROSSCUT_SANITIZED -Og -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
MODE_tsan    := -DCROSSCUT_SANITIZED -Og -g -fsanitize=thread -fno-omit-frame-pointer
# for libFuzzer: make MODE=fuzz CC=clang, or simply `make fuzz`
MODE_fuzz    := -DCROSSCUT_SANITIZED -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
MODE_cover   := -DCROSSCUT_SANITIZED -O0 -g --coverage
LINK_release := $(HARDEN_LD)
LINK_asan    := -fsanitize=address,undefined
LINK_tsan    := -fsanitize=thread
LINK_cover   := --coverage
LINK_fuzz    := -fsanitize=address,undefined

FLAGS := -std=c11 -pthread $(MODE_$(MODE)) $(WARN) -ffile-prefix-map=$(CURDIR)=.
CPPFLAGS_ALL = -Iinclude -Isrc -I. -D_GNU_SOURCE -D_FILE_OFFSET_BITS=64 -DCROSSCUT_VERSION='"$(VERSION)"' -DCROSSCUT_PREFIX='"$(PREFIX)"' \
            -include base/banned.h $(shell pkg-config --cflags $(sort $(PKGS_APP) $(PKGS_MEDIA) $(PKGS_SIM) $(PKGS_TEST)) 2>/dev/null) $(CPPFLAGS)
LINK = $(CC) -pthread $(LINK_$(MODE)) -Wl,--as-needed $(LDFLAGS)
libs = $(shell pkg-config --libs $(1) 2>/dev/null)

BASE_SRC  := $(sort $(wildcard src/base/*.c))
APP_SRC   := $(sort $(wildcard src/ingest/*.c src/analyze/*.c src/plan/*.c src/render/*.c src/publish/*.c src/report/*.c src/cli/*.c adapters/*.c))
MEDIA_SRC := $(sort $(wildcard src/media/*.c))
SIM_SRC   := $(sort $(wildcard tests/simulators/*.c))
UNIT_SRC  := $(sort $(wildcard tests/unit/test_*.c))
CONF_SRC  := $(sort $(wildcard tests/conformance/*.c))
FAULT_SRC := $(sort $(wildcard tests/faults/*.c))
TOOL_SRC  := $(sort $(wildcard tests/tools/*.c))
FUZZ_SRC  := $(sort $(wildcard tests/fuzz/fuzz_*.c))
HEADERS   := $(sort $(wildcard include/crosscut/*.h src/*/*.h tests/simulators/*.h))
obj = $(patsubst %.c,$(BUILD)/%.o,$(1))

PROGRAMS := $(BUILD)/crosscut $(BUILD)/crosscut-media
UNIT     := $(patsubst tests/unit/%.c,$(BUILD)/tests/%,$(UNIT_SRC))
TOOLS    := $(patsubst tests/tools/%.c,$(BUILD)/tests/%,$(TOOL_SRC))
FUZZERS  := $(patsubst tests/fuzz/%.c,%,$(FUZZ_SRC))

.PHONY: all check test programs warnings model demo setup unit conformance cli hostile nightly faults mutants faults-report headers \
        bench install uninstall dist clean fuzz fuzz-replay fuzz-run nightly-fuzz lint build-check \
        build-twice sbom security-report
.DELETE_ON_ERROR:
.SECONDARY:

all: $(PROGRAMS)

$(BUILD)/%.o: %.c Makefile
	@mkdir -p $(@D)
	@echo '  CC    $<'
	$(Q)$(CC) $(CPPFLAGS_ALL) $(FLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

# the first scenarios of every platform become part of the program: a dry run answers with them
$(BUILD)/scenarios.json: $(wildcard tests/scenarios/*/0[0-4]-*.json)
	@mkdir -p $(@D)
	@sh tools/scenarios.sh $^ >$@
$(BUILD)/src/publish/scenarios.o: $(BUILD)/scenarios.json
$(BUILD)/src/publish/scenarios.o: CPPFLAGS += -DSCENARIOS='"$(BUILD)/scenarios.json"'

$(BUILD)/base.a: $(call obj,$(BASE_SRC))
$(BUILD)/app.a: $(call obj,$(filter-out src/cli/main.c,$(APP_SRC)))
$(BUILD)/media.a: $(call obj,$(filter-out src/media/main.c,$(MEDIA_SRC)))
$(BUILD)/sim.a: $(call obj,$(filter-out tests/simulators/main.c,$(SIM_SRC)))
$(BUILD)/%.a:
	@rm -f $@
	$(Q)ar rcs $@ $^

$(BUILD)/crosscut: $(call obj,src/cli/main.c) $(BUILD)/app.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_APP)) -lm
$(BUILD)/crosscut-media: $(call obj,src/media/main.c) $(BUILD)/media.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_MEDIA)) -lm
$(BUILD)/crosscut-sim: $(call obj,tests/simulators/main.c) $(BUILD)/sim.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_SIM)) -lm
$(UNIT): $(BUILD)/tests/%: $(BUILD)/tests/unit/%.o $(BUILD)/app.a $(BUILD)/media.a $(BUILD)/sim.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_TEST) $(PKGS_APP) $(PKGS_MEDIA) $(PKGS_SIM)) -lm
$(BUILD)/tests/conformance-suite: $(call obj,$(CONF_SRC)) $(BUILD)/app.a $(BUILD)/sim.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_TEST) $(PKGS_APP)) -lm
$(BUILD)/tests/powercut: $(call obj,tests/faults/powercut.c) $(BUILD)/app.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_APP)) -lm
$(BUILD)/tests/fault-matrix: $(call obj,tests/faults/matrix.c tests/conformance/world.c tests/conformance/demo.c tests/conformance/demo_sim.c) \
  $(BUILD)/app.a $(BUILD)/sim.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_APP)) -lm
$(TOOLS): $(BUILD)/tests/%: $(BUILD)/tests/tools/%.o $(BUILD)/base.a
	@mkdir -p $(@D)
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_MEDIA)) -lm

# one harness, two programs: replay_NAME reads files, fuzz_NAME is libFuzzer's
$(FUZZERS:fuzz_%=$(BUILD)/tests/replay_%): $(BUILD)/tests/replay_%: $(BUILD)/tests/fuzz/fuzz_%.o $(BUILD)/tests/fuzz/replay.o $(BUILD)/app.a $(BUILD)/media.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -o $@ $^ $(call libs,$(PKGS_TEST) $(PKGS_APP) $(PKGS_MEDIA)) -lm
$(FUZZERS:%=$(BUILD)/tests/%): $(BUILD)/tests/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/app.a $(BUILD)/media.a $(BUILD)/base.a
	@echo '  LINK  $@'
	$(Q)$(LINK) -fsanitize=fuzzer -o $@ $^ $(call libs,$(PKGS_TEST) $(PKGS_APP) $(PKGS_MEDIA)) -lm
$(BUILD)/tests/fuzz-child: tests/fuzz/child.c
	@mkdir -p $(@D)
	$(Q)$(CC) -O2 -o $@ $<

setup:
	@sh tools/setup.sh

unit: $(UNIT) $(PROGRAMS)
	@set -e; for t in $(UNIT); do CROSSCUT_MEDIA=$(BUILD)/crosscut-media $$t; done
conformance: $(BUILD)/tests/conformance-suite
	$<
headers:
	@for h in $(HEADERS); do $(CC) $(CPPFLAGS_ALL) -std=c11 $(WARN) -Werror -fsyntax-only -x c $$h || exit 1; done; echo "$(words $(HEADERS)) headers compile alone"
cli: all $(BUILD)/crosscut-sim $(TOOLS)
	@BUILD=$(BUILD) sh tests/cli/run.sh
# what the usual run needs, so that it can be built with -j
programs: all $(BUILD)/crosscut-sim $(UNIT) $(BUILD)/tests/conformance-suite $(TOOLS)
# no warning with gcc and clang: both build everything with -Werror
warnings:
	@$(MAKE) --no-print-directory CC=gcc MODE=debug BUILD=build/gcc programs
	@$(MAKE) --no-print-directory CC=clang MODE=debug BUILD=build/clang programs
fuzz-replay: $(FUZZERS:fuzz_%=$(BUILD)/tests/replay_%) $(BUILD)/tests/fuzz-child
	@BUILD=$(BUILD) sh tests/fuzz/run.sh replay
fuzz-run: $(FUZZERS:%=$(BUILD)/tests/%) $(BUILD)/tests/fuzz-child
	@mkdir -p $(BUILD)/security
	@BUILD=$(BUILD) sh tests/fuzz/run.sh fuzz $(SECONDS) >$(BUILD)/security/fuzz.log; rc=$$?; cat $(BUILD)/security/fuzz.log; exit $$rc
fuzz:
	@$(MAKE) --no-print-directory MODE=fuzz CC=clang SECONDS=$(or $(SECONDS),20) fuzz-run
nightly-fuzz:
	@$(MAKE) --no-print-directory fuzz SECONDS=120
model:
	@sh tests/model/run.sh $(BUILD)/model
# what a hostile file can do: the short form in `test`, the long one at night
hostile: all $(TOOLS)
	@BUILD=$(BUILD) sh tests/hostile/run.sh
# never twice, never lost: kills, network faults, power cuts; sampled in `test`, all of it at night
FAULTS := all $(BUILD)/crosscut-sim $(BUILD)/tests/fault-matrix $(BUILD)/tests/powercut
faults: $(FAULTS)
	@BUILD=$(BUILD) sh tests/faults/run.sh sampled
mutants: $(FAULTS) $(UNIT)
	@BUILD=$(BUILD) sh tests/faults/mutants.sh
faults-report:
	@BUILD=$(BUILD) python3 tests/faults/report.py
nightly: $(FAULTS) $(TOOLS) mutants
	@BUILD=$(BUILD) sh tests/faults/run.sh nightly
	@BUILD=$(BUILD) sh tests/hostile/run.sh 1908
	@$(MAKE) --no-print-directory lint
	@$(MAKE) --no-print-directory build-twice
	@$(MAKE) --no-print-directory nightly-fuzz
# the flags are those of a release build
test: headers model unit conformance fuzz-replay faults $(if $(filter release,$(MODE)),build-check) cli hostile
# gcc -fanalyzer, clang-tidy, cppcheck: minutes
lint:
	@mkdir -p $(BUILD)/security
	@sh tests/build/lint.sh >$(BUILD)/security/lint.log; rc=$$?; cat $(BUILD)/security/lint.log; exit $$rc
build-check: all
	@sh tests/build/check.sh flags $(BUILD)
build-twice:
	@mkdir -p $(BUILD)/security
	@sh tests/build/check.sh twice >$(BUILD)/security/twice.log; rc=$$?; cat $(BUILD)/security/twice.log; exit $$rc
sbom: all
	@sh tools/sbom.sh $(BUILD)
# a line per goal; figures of what only runs at night are those of the last night
security-report: all $(BUILD)/crosscut-sim $(TOOLS) $(BUILD)/tests/test_egress $(BUILD)/tests/test_injection $(BUILD)/tests/test_sandbox
	@mkdir -p $(BUILD)/security
	@for t in egress injection sandbox; do CROSSCUT_MEDIA=$(BUILD)/crosscut-media $(BUILD)/tests/test_$$t >$(BUILD)/security/$$t.log 2>&1 || echo "FAIL test_$$t"; done
	@awk '/^\[ *OK *\]/ {n++} /^\[ *FAILED/ {bad++} END {printf "security S7: %d tests of the sandbox passed, %d failed\n", n, bad}' $(BUILD)/security/sandbox.log >>$(BUILD)/security/sandbox.log
	@$(MAKE) --no-print-directory fuzz-replay >$(BUILD)/security/fuzz.log 2>&1 || echo "FAIL fuzz-replay"
	@BUILD=$(BUILD) sh tests/cli/run.sh tests/cli/10-tls.sh >$(BUILD)/security/tls.log 2>&1 || echo "FAIL tests/cli/10-tls.sh"
	@BUILD=$(BUILD) sh tests/hostile/run.sh >$(BUILD)/security/hostile.log 2>&1 || echo "FAIL tests/hostile"
	@sh tests/build/check.sh flags $(BUILD) >$(BUILD)/security/flags.log 2>&1 || cat $(BUILD)/security/flags.log
	@sh tools/sbom.sh $(BUILD) | jq -r '"security B6: \(.packages | length - 1) linked packages, \([.packages[] | select(.versionInfo == "unknown")] | length) without version"' >$(BUILD)/security/sbom.log
	@sh tools/security-report.sh $(BUILD)/security/*.log build/fuzz/security/*.log
check: setup
	@$(MAKE) --no-print-directory -j$$(nproc) programs warnings
	@$(MAKE) --no-print-directory test
demo: setup
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/crosscut-sim
	@BUILD=$(BUILD) sh tools/demo.sh
bench: all $(TOOLS)
	@BUILD=$(BUILD) sh bench/run.sh

$(BUILD)/crosscut.1: $(BUILD)/crosscut
	$(Q)$< help manual >$@

install: all $(BUILD)/crosscut.1
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/libexec/crosscut $(DESTDIR)$(PREFIX)/share/doc/crosscut $(DESTDIR)$(PREFIX)/share/man/man1
	install -m 755 $(BUILD)/crosscut $(DESTDIR)$(PREFIX)/bin/
	install -m 755 $(BUILD)/crosscut-media $(DESTDIR)$(PREFIX)/libexec/crosscut/
	install -m 644 pipeline.conf README.md LICENSE docs/*.md docs/*.json $(DESTDIR)$(PREFIX)/share/doc/crosscut/
	install -m 644 $(BUILD)/crosscut.1 $(DESTDIR)$(PREFIX)/share/man/man1/
uninstall:
	rm -rf $(DESTDIR)$(PREFIX)/bin/crosscut $(DESTDIR)$(PREFIX)/libexec/crosscut $(DESTDIR)$(PREFIX)/share/doc/crosscut $(DESTDIR)$(PREFIX)/share/man/man1/crosscut.1
dist:
	git archive --format=tar.gz --prefix=crosscut-$(VERSION)/ -o crosscut-$(VERSION).tar.gz HEAD
clean:
	rm -rf build

-include $(patsubst %.o,%.d,$(call obj,$(BASE_SRC) $(APP_SRC) $(MEDIA_SRC) $(SIM_SRC) $(UNIT_SRC) $(CONF_SRC) $(FAULT_SRC) $(TOOL_SRC) $(FUZZ_SRC) tests/fuzz/replay.c))
