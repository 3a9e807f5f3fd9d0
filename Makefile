# tl: transfer learning for photos. `make help` lists what can be made.

VERSION := 0.1.0
VARIANT ?= release
PREFIX ?= /usr/local
CC ?= cc
BUILD := build
OUT := $(BUILD)/$(VARIANT)
GENERATED := $(BUILD)/generated

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# ---- rooms: folder, and the rooms it may see (ARCHITECTURE; the include side is kept by tests/lint.sh) -----------

ROOMS := base codec exchange image network features head store extract train classify storetool

DIR_base      := common/base
DIR_codec     := common/codec
DIR_exchange  := common/exchange
DIR_image     := common/image
DIR_network   := common/network
DIR_features  := common/features
DIR_head      := common/head
DIR_store     := common/store
DIR_extract   := extract
DIR_train     := train
DIR_classify  := serve/classify
DIR_storetool := serve/store

# Transitively, dependents first: the link order.
NEEDS_base      :=
NEEDS_codec     := base
NEEDS_exchange  := base
NEEDS_image     := base
NEEDS_network   := exchange base
NEEDS_features  := image network exchange base
NEEDS_head      := exchange base
NEEDS_store     := codec base
NEEDS_common    := features image network head store exchange codec base
NEEDS_extract   := $(NEEDS_common)
NEEDS_train     := $(NEEDS_common)
NEEDS_classify  := $(NEEDS_common)
NEEDS_storetool := $(NEEDS_common)

# ---- flags -------------------------------------------------------------------------------------------------------

PACKAGES := vips openblas hdf5 hdf5_hl libzstd libxxhash sqlite3 nettle libprotobuf-c
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wundef -Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 -Wvla -Wdouble-promotion \
            -Wswitch-enum -Wnull-dereference -Wimplicit-fallthrough
FLAGS_release := -O2 -g
FLAGS_strict  := -O2 -g -Werror
FLAGS_asan    := -O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
FLAGS_tsan    := -O1 -g -Werror -fsanitize=thread -fno-omit-frame-pointer

# pkg-config is asked only when something is compiled: `make deps` runs before it exists. Library headers are system
# headers, so that our warnings are about our code.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES))))$(PKG_CFLAGS)
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(PACKAGES)) -lm -lpthread)$(PKG_LIBS)
CHECK_LIBS = $(eval CHECK_LIBS := $(shell pkg-config --libs check))$(CHECK_LIBS)

TL_CPPFLAGS = -I. -I$(GENERATED) -D_GNU_SOURCE -DTL_VERSION='"$(VERSION)"'
TL_CFLAGS   = -std=c11 -fPIC -pthread -ffp-contract=off $(WARNINGS) $(FLAGS_$(VARIANT))
COMPILE     = $(CC) $(TL_CPPFLAGS) $(CPPFLAGS) $(TL_CFLAGS) $(CFLAGS) $(PKG_CFLAGS) -MMD -MP

ifeq ($(filter $(VARIANT),release strict asan tsan),)
$(error VARIANT is release, strict, asan or tsan, not '$(VARIANT)')
endif

# ---- sources -----------------------------------------------------------------------------------------------------

TOOLS := tl-extract tl-train tl-classify tl-store
MAIN_tl-extract  := extract/tl_extract.c
MAIN_tl-train    := train/tl_train.c
MAIN_tl-classify := serve/classify/tl_classify.c
MAIN_tl-store    := serve/store/tl_store.c
ROOM_tl-extract  := extract
ROOM_tl-train    := train
ROOM_tl-classify := classify
ROOM_tl-store    := storetool
MAINS := $(foreach t,$(TOOLS),$(MAIN_$(t)))

sources_of = $(filter-out $(MAINS),$(wildcard $(DIR_$(1))/*.c))
GENERATED_store    := $(GENERATED)/schema_sql.c
GENERATED_exchange := $(GENERATED)/onnx.pb-c.c
objects_of = $(patsubst %.c,$(OUT)/%.o,$(call sources_of,$(1))) $(patsubst $(GENERATED)/%.c,$(OUT)/generated/%.o,$(GENERATED_$(1)))
archive_of = $(OUT)/lib/lib$(1).a

TEST_SOURCES := $(wildcard tests/common/*/test_*.c tests/extract/test_*.c tests/train/test_*.c tests/serve/*/test_*.c tests/schema/test_*.c)
TEST_HELPERS := $(wildcard tests/support/*.c)
TEST_PROGRAMS := $(patsubst tests/%.c,$(OUT)/tests/%,$(TEST_SOURCES))

# ---- what to make ------------------------------------------------------------------------------------------------

all: tools ## the four tools, in build/bin/
.PHONY: all tools help deps weights demo test lint check test-asan test-tsan install uninstall clean test-programs

tools: $(addprefix $(OUT)/bin/,$(TOOLS))
ifeq ($(VARIANT),release)
tools: $(addprefix $(BUILD)/bin/,$(TOOLS))
$(BUILD)/bin/%: $(OUT)/bin/%
	@mkdir -p $(@D)
	@ln -sf ../release/bin/$* $@
endif

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z-]*:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

# ---- rules -------------------------------------------------------------------------------------------------------

$(OUT)/%.o: %.c | generated
	@mkdir -p $(@D)
	$(COMPILE) -c $< -o $@

# protoc-c's output is not ours to warn about.
$(OUT)/generated/%.o: $(GENERATED)/%.c
	@mkdir -p $(@D)
	$(COMPILE) -w -c $< -o $@

.PHONY: generated
generated: $(GENERATED)/schema_sql.c $(GENERATED)/onnx.pb-c.c

$(GENERATED)/onnx.pb-c.c: common/exchange/onnx.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=common/exchange --c_out=$(GENERATED) $<

$(GENERATED)/schema_sql.c: $(sort $(wildcard schema/*.sql)) common/store/embed_sql.sh
	@mkdir -p $(@D)
	sh common/store/embed_sql.sh $(sort $(wildcard schema/*.sql)) >$@

define room_rules
$$(call archive_of,$(1)): $$(call objects_of,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	ar rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

define tool_rules
$$(OUT)/bin/$(1): $$(patsubst %.c,$$(OUT)/%.o,$$(MAIN_$(1))) $$(foreach r,$$(ROOM_$(1)) $$(NEEDS_$$(ROOM_$(1))),$$(call archive_of,$$(r)))
	@mkdir -p $$(@D)
	$$(CC) $$(TL_CFLAGS) $$(CFLAGS) $$(LDFLAGS) $$^ $$(PKG_LIBS) -o $$@
endef
$(foreach tool,$(TOOLS),$(eval $(call tool_rules,$(tool))))

# A test sees what its room sees, no more: the link fails otherwise. $(1): source, $(2): room
define test_rules
$$(OUT)/tests/$(patsubst tests/%.c,%,$(1)): $$(OUT)/$(patsubst %.c,%.o,$(1)) $$(patsubst %.c,$$(OUT)/%.o,$$(TEST_HELPERS)) $$(foreach r,$(2) $$(NEEDS_$(2)),$$(call archive_of,$$(r)))
	@mkdir -p $$(@D)
	$$(CC) $$(TL_CFLAGS) $$(CFLAGS) $$(LDFLAGS) $$^ $$(CHECK_LIBS) $$(PKG_LIBS) -o $$@
endef
room_of_test = $(strip $(foreach r,$(ROOMS),$(if $(filter tests/$(DIR_$(r))/test_%.c,$(1)),$(r))) $(if $(filter tests/schema/%,$(1)),store))
$(foreach test,$(TEST_SOURCES),$(eval $(call test_rules,$(test),$(call room_of_test,$(test)))))

test-programs: $(TEST_PROGRAMS)

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
