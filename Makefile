# Sealwax. `make help` lists the targets; docs/building.md explains them.
#
# Nobody edits this file to add a source: the rules find it by its place.
#   build/libsealwax.a           base/ record/ handshake/, and ttp/ without the tool's files
#   build/ttp                    ttp/ttp.c, ttp/ttp_*.c, and ttp/cli_*.c, which apps/ shares
#   build/sealwax(d)             apps/sealwax(d).c, and whatever these refer to in apps/ and its folders
#   build/tests/run              tests/*.c and tests/{base,record,handshake,ttp,apps}/, any depth of one folder more
#   build-ct/tests/ct/run        tests/*.c and tests/ct/*.c, with secrets marked for valgrind
#   build-fuzz/tests/fuzz/NAME   tests/fuzz/NAME.c (a file without LLVMFuzzerTestOneInput is linked into each)
#   build/tests/FOLDER/NAME      any other folder of tests/: a file with a main() (the rest of the folder is linked into each)

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDEXPANSION:
.DEFAULT_GOAL := all

VERSION := 1.0

# --- settings -----------------------------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := cc
endif
# deps: built by deps/wolfcrypt.sh; small: the same, for size; system: the packaged libwolfssl-dev
WOLFCRYPT ?= deps
# 1: AddressSanitizer and UndefinedBehaviorSanitizer, in build-san/
SAN       ?=
# 1: ThreadSanitizer, in build-tsan/
TSAN      ?=
# 1: secrets marked for valgrind (base/ct.h), in build-ct/
CT        ?=
# 1: instrumented for libFuzzer, in build-fuzz/; wants CC=clang
FUZZ      ?=
# 1: programs can write the secrets of their connections to SSLKEYLOGFILE
KEYLOG    ?=
# 0: warnings are not errors
WERROR    ?= 1
# The parts whose unit tests are built. Where none is of apps/, they are linked with the library alone.
PARTS     ?= base record handshake ttp apps
# 1: show whole commands
V         ?=
B         ?= build$(if $(SAN),-san)$(if $(TSAN),-tsan)$(if $(CT),-ct)$(if $(FUZZ),-fuzz)
CFLAGS    ?= $(if $(TSAN)$(FUZZ),-O1,$(if $(filter small,$(WOLFCRYPT)),-Os,-O2)) -g
LDFLAGS   ?=
PREFIX    ?= /usr/local
DESTDIR   ?=
FUZZ_SECONDS ?= 10

comma    := ,
ARCH     := $(shell uname -m)
# what gcc guesses from its optimization, it guesses wrong between the calls of this sanitizer: there warnings are no errors
WARN     := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes \
            $(if $(TSAN),,$(if $(filter 1,$(WERROR)),-Werror))
HARDEN   := -fPIE -fstack-protector-strong -fstack-clash-protection $(if $(filter x86_64,$(ARCH)),-fcf-protection)
SANITIZE := $(if $(SAN)$(FUZZ),-fsanitize=$(if $(FUZZ),fuzzer-no-link$(comma))address$(comma)undefined -fno-sanitize-recover=all) \
            $(if $(TSAN),-fsanitize=thread) $(if $(SAN)$(TSAN)$(FUZZ),-fno-omit-frame-pointer)
FORTIFY  := -U_FORTIFY_SOURCE $(if $(SAN)$(TSAN)$(FUZZ)$(if $(filter -O1 -O2 -O3 -Os,$(CFLAGS)),,no),,-D_FORTIFY_SOURCE=3)
DEFS     := -D_GNU_SOURCE -DSW_VERSION=\"$(VERSION)\" $(if $(KEYLOG),-DSW_KEYLOG) $(if $(CT),-DSW_CT_VALGRIND)

Q    := $(if $(V),,@)
say   = $(if $(V),,@printf '  %-4s %s\n' '$(1)' '$(patsubst $(B)/%,%,$@)')

# --- packages and wolfCrypt, found before anything is built -------------------------------------------------------------

# Targets that build nothing themselves must work on a machine that has none of it.
WITHOUT := help clean uninstall format check-format check-layers demo test ct fuzz bench timing load large diff interop
ACTIVE  := $(filter-out $(WITHOUT),$(or $(MAKECMDGOALS),all))
ifdef ACTIVE
include $(B)/wolfcrypt-$(WOLFCRYPT).mk
endif
ifdef WOLF_KIND # that file is there, so the packages are
# Built in when it is there; a sanitizer's runtime needs other calls than ours.
SECCOMP    ?= $(if $(SAN)$(TSAN)$(FUZZ),,$(shell pkg-config --exists libseccomp && echo 1))
PKGS       := libevent jansson inih sqlite3 p11-kit-1 $(if $(filter 1,$(SECCOMP)),libseccomp)
DEFS       += $(if $(filter 1,$(SECCOMP)),-DSW_SECCOMP)
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS)))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))
endif

ifeq ($(filter system,$(WOLFCRYPT))+$(WOLF_KIND),+system)
$(info wolfcrypt: the packaged library, because the source could not be had; "make clean" lets the next make try again)
endif

# Installs the packages that are missing, builds wolfCrypt or finds it in the cache, and writes down where it is.
$(B)/wolfcrypt-$(WOLFCRYPT).mk: deps/wolfcrypt.sh deps/packages
	@deps/wolfcrypt.sh $(WOLFCRYPT) $@

# The cache was emptied: build it again.
$(WOLF_ARCHIVE):
	@deps/wolfcrypt.sh $(WOLFCRYPT) $(B)/wolfcrypt-$(WOLFCRYPT).mk

COMPILE = $(CC) -std=c11 $(DEFS) -I. $(WOLF_CFLAGS) $(PKG_CFLAGS) $(CFLAGS) $(FORTIFY) $(WARN) $(HARDEN) $(SANITIZE) \
          -ffunction-sections -fdata-sections -pthread
LINK    = $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack,--gc-sections,--as-needed
LIBS    = $(WOLF_LIBS) $(PKG_LIBS)

# --- sources ------------------------------------------------------------------------------------------------------------

objects   = $(patsubst %.c,$(B)/obj/%.o,$(1))
TTP_TOOL := $(wildcard ttp/ttp.c ttp/ttp_*.c ttp/cli_*.c)
LIB_SRC  := $(wildcard base/*.c record/*.c handshake/*.c) $(filter-out $(TTP_TOOL),$(wildcard ttp/*.c))
APP_MAIN := $(wildcard apps/sealwax.c apps/sealwaxd.c)
APP_SRC  := $(filter-out $(APP_MAIN),$(wildcard apps/*.c apps/*/*.c))
UNIT_SRC := $(wildcard tests/*.c $(foreach d,$(PARTS),tests/$(d)/*.c tests/$(d)/*/*.c))
CT_SRC   := $(wildcard tests/*.c tests/ct/*.c)
FUZZ_SRC := $(wildcard tests/fuzz/*.c)
FUZZERS  := $(if $(FUZZ_SRC),$(shell grep -l LLVMFuzzerTestOneInput $(FUZZ_SRC)))
TOOL_SRC := $(filter-out $(UNIT_SRC) $(CT_SRC) $(FUZZ_SRC),$(wildcard tests/*/*.c))
TOOLS    := $(if $(TOOL_SRC),$(shell grep -lE '^int main\>' $(TOOL_SRC)))
PEER_SRC := $(wildcard tests/interop/peers/*.c)

LIB      := $(B)/libsealwax.a
APP_LIB  := $(B)/obj/libapps.a
TTP_LIB  := $(B)/obj/libttptool.a
ARCHIVES := $(APP_LIB) $(TTP_LIB) $(LIB)
# what is not in it is neither built nor linked
UNIT_LIBS := $(if $(filter apps%,$(PARTS)),$(APP_LIB)) $(if $(filter apps% ttp,$(PARTS)),$(TTP_LIB)) $(LIB)
PROGRAMS := $(if $(wildcard ttp/ttp.c),$(B)/ttp) $(patsubst apps/%.c,$(B)/%,$(APP_MAIN))

# What a test program links beyond the tree's own libraries.
LIBS_tests/run       := -lcunit
LIBS_tests/ct/run    := -lcunit
LIBS_tests/bench/tls := -lssl -lcrypto
LIBS_tests/diff/certs := -lcrypto

# --- building -----------------------------------------------------------------------------------------------------------

.PHONY: all
all: $(LIB) $(PROGRAMS)

# Changed settings rebuild what they change: each is noted in a file, which is written anew only when it differs. So are
# the sources of archives and test programs, so that one that is gone leaves no object behind.
same = $(and $(findstring x$(1)x,x$(2)x),$(findstring x$(2)x,x$(1)x))
note = $(if $(call same,$(file <$(1)),$(strip $(2))),,$(shell mkdir -p $(dir $(1)))$(file >$(1),$(strip $(2))))
ifdef ACTIVE
$(call note,$(B)/noted/flags,$(COMPILE) $(LINK) $(LIBS))
$(call note,$(B)/noted/prefix,$(PREFIX))
$(call note,$(B)/noted/libsealwax.a,$(LIB_SRC))
$(call note,$(B)/noted/libapps.a,$(APP_SRC))
$(call note,$(B)/noted/libttptool.a,$(TTP_TOOL))
$(call note,$(B)/noted/unit,$(UNIT_SRC))
$(call note,$(B)/noted/ct,$(CT_SRC))
endif
$(B)/noted/%: # gone since this file was read (make clean all)
	@mkdir -p $(@D) && touch $@

$(B)/obj/%.o: %.c $(B)/noted/flags | $(WOLF_ARCHIVE)
	$(call say,CC)
	$(Q)mkdir -p $(@D)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

$(LIB): $(call objects,$(LIB_SRC))
$(APP_LIB): $(call objects,$(APP_SRC))
$(TTP_LIB): $(call objects,$(filter-out ttp/ttp.c,$(TTP_TOOL)))
$(ARCHIVES): $$(B)/noted/$$(notdir $$@)
	$(call say,AR)
	$(Q)rm -f $@
	$(Q)ar rcsD $@ $(filter %.o,$^)

define link
	$(call say,LINK)
	$(Q)mkdir -p $(@D)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(filter $(ARCHIVES),$^) $(LIBS_$(@:$(B)/%=%)) $(LIBS)
endef

$(B)/ttp: $(call objects,ttp/ttp.c) $(TTP_LIB) $(LIB) $(WOLF_ARCHIVE)
	$(link)

$(B)/sealwax $(B)/sealwaxd: $(B)/%: $(B)/obj/apps/%.o $(ARCHIVES) $(WOLF_ARCHIVE)
	$(link)

$(B)/tests/run: $(call objects,$(UNIT_SRC)) $(B)/noted/unit $(UNIT_LIBS) $(WOLF_ARCHIVE)
	$(link)

$(B)/tests/ct/run: $(call objects,$(CT_SRC)) $(B)/noted/ct $(LIB) $(WOLF_ARCHIVE)
	$(link)

$(FUZZERS:%.c=$(B)/%): LDFLAGS += -fsanitize=fuzzer
$(FUZZERS:%.c=$(B)/%): $(B)/%: $(B)/obj/%.o $(call objects,$(filter-out $(FUZZERS),$(FUZZ_SRC))) $(ARCHIVES) $(WOLF_ARCHIVE)
	$(link)

$(TOOLS:%.c=$(B)/%): $(B)/%: $(B)/obj/%.o $$(call objects,$$(filter-out $(TOOLS),$$(wildcard $$(dir $$*)*.c))) $(ARCHIVES) $(WOLF_ARCHIVE)
	$(link)

-include $(patsubst %.c,$(B)/obj/%.d,$(LIB_SRC) $(TTP_TOOL) $(APP_MAIN) $(APP_SRC) $(UNIT_SRC) $(CT_SRC) $(FUZZ_SRC) $(TOOL_SRC))

# --- peers for interoperability: programs over foreign TLS libraries alone ----------------------------------------------

PEER_mbedtls := -lmbedtls -lmbedx509 -lmbedcrypto
PEER_bearssl := -lbearssl
PEER_wolfssl := -lwolfssl
PEER_gnutls  := -lgnutls
PEER_openssl := -lssl -lcrypto
# a peer is built where the header of its library is installed
HEADER_mbedtls := mbedtls/ssl.h
HEADER_bearssl := bearssl.h
HEADER_wolfssl := wolfssl/ssl.h
HEADER_gnutls  := gnutls/gnutls.h
HEADER_openssl := openssl/ssl.h
PEERS := $(foreach p,$(patsubst tests/interop/peers/%.c,%,$(PEER_SRC)),$(if $(wildcard /usr/include/$(HEADER_$(p))),$(B)/tests/interop/peers/$(p)))

$(B)/tests/interop/peers/%: tests/interop/peers/%.c $(wildcard tests/interop/peers/*.h)
	$(call say,PEER)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=c11 -D_GNU_SOURCE -I. -O2 -g -Wall -Wextra -o $@ $< $(PEER_$(basename $(<F)))

# --- testing ------------------------------------------------------------------------------------------------------------

.PHONY: test unit-tests ct fuzz fuzzers bench timing load large diff interop peers bogo-shim demo

#: test           unit tests, then every script of tests/e2e/; ends with "N passed, N failed"
test:
	@deps/packages.sh build test
	@$(MAKE) --no-print-directory all $(B)/tests/run
	@BUILD=$(B) tests/all.sh $(ARGS)

unit-tests: $(B)/tests/run

#: ct             the constant-time suites under valgrind: a decision that depends on a secret byte fails
ct:
	@deps/packages.sh build test valgrind
	@$(MAKE) --no-print-directory CT=1 SAN= TSAN= FUZZ= B=$(B)-ct $(B)-ct/tests/ct/run
	valgrind --quiet --error-limit=no --num-callers=20 $(B)-ct/tests/ct/run
	@# how long a division takes depends on its operands, which valgrind does not see
	@objdump -d --no-show-raw-insn $(B)-ct/obj/record/hmac_ct.o | \
	    awk '/\t[a-z]*div[a-z]*[ \t]/ { print; found = 1 } END { exit found || NR == 0 }'

#: fuzz           every fuzz target for FUZZ_SECONDS (10)
fuzz:
	@deps/packages.sh build clang
	@$(MAKE) --no-print-directory FUZZ=1 SAN= TSAN= CT= CC=clang B=$(B)-fuzz fuzzers
	@BUILD=$(B)-fuzz FUZZ_SECONDS=$(FUZZ_SECONDS) tests/fuzz.sh

fuzzers: $(FUZZERS:%.c=$(B)/%)

# tests/FOLDER/run.sh (or run.py), with the programs of that folder built; ARGS goes to the script.
programs_of = $(filter $(B)/tests/$(1)/%,$(TOOLS:%.c=$(B)/%))
define run_folder
	@[ -n "$(wildcard tests/$@/run.*)" ] || { echo "make $@: this tree has no tests/$@/run.sh" >&2; exit 1; }
	@deps/packages.sh build $(1)
	@$(MAKE) --no-print-directory all $(call programs_of,$@) $(2)
	@BUILD=$(B) $(firstword $(wildcard tests/$@/run.sh tests/$@/run.py)) $(ARGS)
endef

#: bench          handshakes, bulk, messages and memory beside libssl, as ratios
bench:
	$(call run_folder,bench)

#: timing         do secrets show in the time? (Welch's t; an hour, ARGS=--quick a minute; reports, decides nothing)
timing:
	$(call run_folder)

#: load           many idle connections, then messages to random ones
load:
	$(call run_folder)

#: large          a sparse file of 8 GiB (SIZE=) up and down: memory, and how fast
large:
	$(call run_folder)

#: diff           changed certificates, read by us and by OpenSSL: we must not accept more
diff:
	$(call run_folder,bench)

#: interop        the matrix with every foreign TLS stack that is installed (deps/packages.sh interop installs them)
interop:
	$(call run_folder,test,$(PEERS))

peers: $(PEERS)

#: bogo-shim      the program a foreign conformance suite drives: build/tests/bogo/shim
bogo-shim: $(call programs_of,bogo)

#: demo           from nothing to a delivered one-time password
demo:
	@deps/packages.sh build demo
	@$(MAKE) --no-print-directory all
	@script="$(firstword $(wildcard apps/demo.sh tests/demo.sh))"; \
	[ -n "$$script" ] || { echo "make demo: this tree has no apps/demo.sh" >&2; exit 1; }; BUILD=$(B) "$$script"

# --- keeping the tree in order ------------------------------------------------------------------------------------------

.PHONY: check-layers check-format format

#: check-layers   includes and symbols point the right way
check-layers:
	@BUILD=$(B) tests/check_layers.sh

FORMATTED := $(wildcard include base record handshake ttp apps tests)

#: check-format   the sources are as clang-format would write them
check-format:
	@find $(FORMATTED) -name '*.[ch]' -print0 | xargs -0 clang-format --dry-run --Werror

#: format         and make them so
format:
	@find $(FORMATTED) -name '*.[ch]' -print0 | xargs -0 clang-format -i

# --- installing ---------------------------------------------------------------------------------------------------------

# What goes where: FILE:DIRECTORY:MODE, the name in place being the file's own.
MAN   := $(wildcard docs/man/*.[1358])
FILES  = $(foreach p,$(PROGRAMS),$(p):bin:755) $(B)/dist/libsealwax.a:lib:644 $(B)/dist/sealwax.h:include:644 \
         $(B)/dist/sealwax.pc:lib/pkgconfig:644 $(B)/dist/sealwax.3:share/man/man3:644 $(foreach m,$(MAN),$(m):share/man/man$(subst .,,$(suffix $(m))):644) \
         $(foreach c,$(wildcard docs/completion/*),$(c):share/bash-completion/completions:644) \
         $(foreach p,$(APP_MAIN:apps/%.c=%),$(B)/dist/completion/$(p):share/bash-completion/completions:644) \
         $(foreach u,$(patsubst docs/systemd/%,$(B)/dist/%,$(wildcard docs/systemd/*.service docs/systemd/*.socket)),$(u):lib/systemd/system:644) \
         $(foreach u,$(wildcard docs/systemd/sysusers.d/*.conf),$(u):lib/sysusers.d:644)
SPLIT := IFS=: read -r file dir mode

.PHONY: install uninstall clean help

#: install        programs, library, header, pkg-config file, man pages, completion, units, user; DESTDIR= PREFIX=/usr/local
install: $(foreach f,$(FILES),$(firstword $(subst :, ,$(f))))
	$(Q)for f in $(FILES); do echo "$$f"; done | while $(SPLIT); do \
	    install -D -m "$$mode" "$$file" "$(DESTDIR)$(PREFIX)/$$dir/$${file##*/}" || exit 1; done
	@echo "installed in $(DESTDIR)$(PREFIX)"

#: uninstall      take them away again
uninstall:
	$(Q)for f in $(FILES); do echo "$$f"; done | while $(SPLIT); do rm -f "$(DESTDIR)$(PREFIX)/$$dir/$${file##*/}"; done

# The library as others get it: one object that needs no second library and shows only sw_ names, so that a program may
# use another wolfSSL, or another build of it, beside ours. Sections stay separate, so --gc-sections still takes what is
# not used.
$(B)/dist/libsealwax.a: $(LIB) $(WOLF_ARCHIVE)
	$(call say,DIST)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -r -nostdlib -o $(B)/dist/sealwax.o -Wl,--whole-archive $(LIB) -Wl,--no-whole-archive $(WOLF_ARCHIVE)
	$(Q)objcopy --wildcard --keep-global-symbol='sw_*' $(B)/dist/sealwax.o
	$(Q)rm -f $@ && ar rcsD $@ $(B)/dist/sealwax.o

$(B)/dist/sealwax.h: include/sealwax.h include/flatten.awk $(wildcard base/err.*)
	$(call say,DIST)
	$(Q)mkdir -p $(@D) && awk -f include/flatten.awk include/sealwax.h >$@

$(B)/dist/sealwax.3: $(B)/dist/sealwax.h include/man.awk
	$(call say,DIST)
	$(Q)awk -f include/man.awk $< >$@

$(B)/dist/sealwax.pc: include/sealwax.pc.in $(B)/noted/flags $(B)/noted/prefix
	$(call say,DIST)
	$(Q)mkdir -p $(@D) && sed -e 's|@PREFIX@|$(PREFIX)|; s|@VERSION@|$(VERSION)|; s|@WOLF@|$(if $(WOLF_ARCHIVE),,$(WOLF_LIBS))|; s| *$$||' $< >$@

$(B)/dist/completion/%: $(B)/%
	$(Q)mkdir -p $(@D) && $< --generate-completion >$@

$(B)/dist/%: docs/systemd/% $(B)/noted/prefix
	$(Q)mkdir -p $(@D) && sed 's|@BINDIR@|$(PREFIX)/bin|' $< >$@

#: clean          remove everything built here (wolfCrypt's build stays in the cache)
clean:
	rm -rf build build-*

help:
	@echo 'make all (the default), or:'; sed -n 's/^#: /  /p' Makefile
	@echo 'settings: CC= CFLAGS= LDFLAGS= B= WOLFCRYPT=deps|small|system SAN=1 TSAN=1 KEYLOG=1 WERROR=0 V=1 (docs/building.md)'
