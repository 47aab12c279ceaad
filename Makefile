# Sealwax. `make help` lists the targets; docs/building.md explains the settings.
#
# Nobody edits this file to add a source: the rules below find it by its place.
#   build/libsealwax.a   base/ record/ handshake/, and ttp/ without the tool's files
#   build/ttp            ttp/ttp.c and ttp/ttp_*.c
#   build/sealwax(d)     apps/sealwax(d).c, and whatever these refer to in apps/ and its folders
#   build/tests/run      tests/*.c and tests/{base,record,handshake,ttp,apps}/**.c
#   build/fuzz/NAME      tests/fuzz/NAME.c      (clang, build-fuzz/)
#   build/ct/NAME        tests/ct/NAME.c        (secrets marked for valgrind, build-ct/)

MAKEFLAGS += --no-builtin-rules
.SUFFIXES:
.DELETE_ON_ERROR:
.DEFAULT_GOAL := all
# V=1 shows whole commands
Q := $(if $(V),,@)
say = $(if $(V),,@printf '  %-5s %s\n' '$(1)' '$(patsubst $(B)/%,%,$@)')

# --- settings -----------------------------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := cc
endif
# deps: built by deps/wolfcrypt.sh; system: the packaged libwolfssl-dev
WOLFCRYPT ?= deps
# 1: AddressSanitizer and UndefinedBehaviorSanitizer, in build-san/
SAN       ?=
# 1: programs can write the secrets of their connections to SSLKEYLOGFILE
KEYLOG    ?=
# 1: secrets marked for valgrind (base/ct.h), in build-ct/
CT        ?=
# 0: warnings are not errors
WERROR    ?= 1
PREFIX    ?= /usr/local
DESTDIR   ?=
B         ?= build$(if $(SAN),-san)$(if $(CT),-ct)
CFLAGS    ?= -O2 -g
LDFLAGS   ?=

comma   := ,
ARCH    := $(shell uname -m)
WARN    := -Wall -Wextra -Wconversion -Wshadow -Wvla -Wstrict-prototypes -Wmissing-prototypes $(if $(filter 1,$(WERROR)),-Werror)
HARDEN  := -fPIE -fstack-protector-strong -fstack-clash-protection $(if $(filter x86_64,$(ARCH)),-fcf-protection)
SANFLAG := $(if $(SAN),-fsanitize=address$(comma)undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
FORTIFY := $(if $(SAN),,-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3)
DEFS    := -D_GNU_SOURCE $(if $(KEYLOG),-DSW_KEYLOG) $(if $(CT),-DSW_CT_VALGRIND)

# --- wolfCrypt and the packages, found before anything is built ---------------------------------------------------------

WITHOUT_DEPS := help clean format check-format check-layers uninstall
ifneq ($(filter-out $(WITHOUT_DEPS),$(or $(MAKECMDGOALS),all)),)
include $(B)/wolfcrypt-$(WOLFCRYPT).mk
PKGS := libevent jansson inih sqlite3 p11-kit-1
PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PKGS)))
PKG_LIBS := $(shell pkg-config --libs $(PKGS))
endif

$(B)/wolfcrypt-$(WOLFCRYPT).mk: deps/wolfcrypt.sh deps/packages
	@deps/wolfcrypt.sh $(WOLFCRYPT) $@

# The cache was emptied: build it again.
$(WOLF_ARCHIVE): ; @deps/wolfcrypt.sh $(WOLFCRYPT) $(B)/wolfcrypt-$(WOLFCRYPT).mk

COMPILE := $(CC) -std=c11 $(DEFS) -I. -Iinclude $(WOLF_CFLAGS) $(PKG_CFLAGS) $(CFLAGS) $(FORTIFY) $(WARN) $(HARDEN) $(SANFLAG) \
           -ffunction-sections -fdata-sections -pthread
LINK    := $(CC) $(CFLAGS) $(SANFLAG) $(LDFLAGS) -pie -pthread -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections -Wl,--as-needed

# --- sources ------------------------------------------------------------------------------------------------------------

objects   = $(patsubst %.c,$(B)/obj/%.o,$(1))
TTP_TOOL := $(wildcard ttp/ttp.c ttp/ttp_*.c)
LIB_SRC  := $(wildcard base/*.c record/*.c handshake/*.c) $(filter-out $(TTP_TOOL),$(wildcard ttp/*.c))
APP_MAIN := $(wildcard apps/sealwax.c apps/sealwaxd.c)
APP_SRC  := $(filter-out $(APP_MAIN),$(wildcard apps/*.c apps/*/*.c))
TEST_SRC := $(wildcard tests/*.c $(foreach d,base record handshake ttp apps,tests/$(d)/*.c tests/$(d)/*/*.c))

PROGRAMS := $(if $(wildcard ttp/ttp.c),$(B)/ttp) $(patsubst apps/%.c,$(B)/%,$(APP_MAIN))
LIB      := $(B)/libsealwax.a
APP_LIB  := $(B)/obj/libapps.a
TOOL_LIB := $(B)/obj/libttptool.a

.PHONY: all
all: $(LIB) $(PROGRAMS)

# --- rules --------------------------------------------------------------------------------------------------------------

# Changed settings rebuild: this file is written anew only when they differ.
.PHONY: FORCE
FLAGS := $(B)/flags
$(FLAGS): FORCE
	@mkdir -p $(@D); echo '$(COMPILE) $(LINK) $(WOLF_LIBS) $(PKG_LIBS)' | cmp -s - $@ || echo '$(COMPILE) $(LINK) $(WOLF_LIBS) $(PKG_LIBS)' >$@

$(B)/obj/%.o: %.c $(FLAGS) | $(WOLF_ARCHIVE)
	@mkdir -p $(@D)
	$(call say,CC)
	$(Q)$(COMPILE) -MMD -MP -c -o $@ $<

# Archives are made afresh, so that a source that is gone leaves no member behind.
define archive
	$(call say,AR)
	$(Q)mkdir -p $(@D); rm -f $@; ar rcsD $@ $(filter %.o,$^)
endef

$(LIB): $(call objects,$(LIB_SRC)) ; $(archive)
$(APP_LIB): $(call objects,$(APP_SRC)) ; $(archive)
$(TOOL_LIB): $(call objects,$(filter-out ttp/ttp.c,$(TTP_TOOL))) ; $(archive)

$(B)/ttp: $(call objects,ttp/ttp.c) $(TOOL_LIB) $(LIB) $(WOLF_ARCHIVE)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(TOOL_LIB) $(LIB) $(WOLF_LIBS) $(PKG_LIBS)

$(B)/sealwax $(B)/sealwaxd: $(B)/%: $(B)/obj/apps/%.o $(APP_LIB) $(LIB) $(WOLF_ARCHIVE)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(APP_LIB) $(LIB) $(WOLF_LIBS) $(PKG_LIBS)

$(B)/tests/run: $(call objects,$(TEST_SRC)) $(APP_LIB) $(TOOL_LIB) $(LIB) $(WOLF_ARCHIVE)
	@mkdir -p $(@D)
	$(call say,LINK)
	$(Q)$(LINK) -o $@ $(filter %.o,$^) $(APP_LIB) $(TOOL_LIB) $(LIB) $(WOLF_LIBS) $(PKG_LIBS) -lcunit

-include $(patsubst %.o,%.d,$(call objects,$(LIB_SRC) $(TTP_TOOL) $(APP_MAIN) $(APP_SRC) $(TEST_SRC)))

# --- running ------------------------------------------------------------------------------------------------------------

.PHONY: test clean
test:
	@deps/packages.sh test
	@$(MAKE) --no-print-directory all $(B)/tests/run
	$(B)/tests/run

clean:
	rm -rf build build-*
