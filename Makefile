# SPDX-License-Identifier: GPL-2.0
#
# The user's entry to pvboot; `make help` lists what there is.  This file
# builds no kernel: arch/x86/xen/Makefile is Kbuild's.

PREPARE := tools/testing/pvboot/prepare
BOOT    := tools/testing/pvboot/boot
UNIT    := tools/testing/pvboot/unit

# Variables: NAME ?= default ## what it is
VCPUS      ?= 2 ## virtual CPUs of the guest, 1 to 64, of a domU 32
MAXVCPUS   ?= ## domu: virtual CPUs that the domU may have; by default VCPUS
MEM        ?= ## memory of the guest in MiB, 192 to 65536, by default 1024, with BITS=32 512; of a domU 64 to 16384, by default 256
CMDLINE    ?= ## more words for Linux's command line
XENCMDLINE ?= ## more words for Xen's command line
KERNEL     ?= ## a kernel image to boot, in place of the one built here
DOM0_KERNEL ?= ## domu: dom0's kernel image, in place of the one built here
INITRD     ?= ## an initramfs, in place of the one built here
XEN        ?= ## a Xen image (ELF), in place of Debian's
BASE       ?= ## the kernel that pvboot is laid over: 6.12 or 7.3 [6.12; series and fixes, and their checks: 7.3]
BITS       ?= 64 ## 32 is for a PAE kernel (experimental): boot, domu, check, bench, lint, series, install and more
BASE_TAR   ?= ## a tarball of its source, in place of Debian's package
XEN_VERSION ?= ## 4.17 or 4.20: a Xen of another Debian release, with its toolstack
XEN_SOURCE ?= ## a tree of that Xen's source for its debug build, in place of Debian's package
RELEASE    ?= ## check-release: which one
TARGETS    ?= ## check-release: what to make there besides, as in TARGETS="domu deb series bench"
TIMEOUT    ?= ## seconds until a boot counts as hung; by default 90 and 10 a vCPU
TREE       ?= ## install, uninstall: the kernel tree
DRY_RUN    ?= ## install, uninstall: 1 shows what would happen
FORCE      ?= ## install, uninstall: 1 takes what is refused otherwise, as another version or changed files
LAYERS     ?= ## check, check-long, check-release: only these layers, as in LAYERS="lint boot"
FUZZTIME   ?= 60 ## fuzz: for how long, all of it together
FORMAT     ?= am ## series: am, for git am, or quilt
OUT        ?= ## series, fixes: the directory that it becomes, in place of one in build/
CONFIG     ?= ## deb, rpm: the kernel's configuration, in place of the tests' own
ROWS       ?= ## distro-check, fixes-check: only these, as in ROWS="amd64 no-smp", ROWS="0001 0007"
RUNS       ?= 3 ## bench: boots of each kind, 1 to 99
QUICK      ?= ## series-check, fixes-check: 1 leaves out builds and boots
WHAT       ?= ## bench: only these sections, as in WHAT="hypercalls hotplug"; profile: which measure
PEER       ?= ## profile: 1 builds upstream's kernel, to set it beside ours

# No comment above may leave blanks at the end of a value.
VARIABLES := BASE BITS BASE_TAR VCPUS MAXVCPUS MEM CMDLINE XENCMDLINE KERNEL DOM0_KERNEL INITRD \
	     XEN XEN_VERSION XEN_SOURCE RELEASE TARGETS TIMEOUT TREE DRY_RUN FORCE LAYERS \
	     FUZZTIME FORMAT OUT CONFIG ROWS RUNS QUICK WHAT PEER
$(foreach v,$(VARIABLES),$(eval override $(v) := $$(strip $$($(v)))))
export $(VARIABLES)
export PYTHONDONTWRITEBYTECODE := 1

# One make job of ours at a time; the kernel's own build uses every CPU.
.NOTPARALLEL:
.DEFAULT_GOAL := help

help: ## this list
	@$(PREPARE)/help Makefile

boot: ## prepare what is missing, boot Linux as dom0 on Xen, print a report
	@$(PREPARE)/options boot
	@$(PREPARE)/target boot

domu: ## boot it as a domU of that dom0, under Debian's toolstack, and print its report
	@$(PREPARE)/options domu
	@$(PREPARE)/target domu

check: ## run every test; ends with "N passed, N failed"
	@$(PREPARE)/options check
	@$(PREPARE)/target check

check-long: ## run the tests that take too long for every day
	@$(PREPARE)/options check-long
	@$(PREPARE)/target check-long

check-release: ## try all of it on a bare Debian, RELEASE=trixie or bookworm, in build/release
	@$(PREPARE)/options check-release
	@$(PREPARE)/target check-release

distro-check: ## build and boot with Debian's configurations, and with unusual ones
	@$(PREPARE)/options distro-check
	@$(PREPARE)/target distro-check

guest-test: ## try Xen's contract with a bare guest, 64-bit and 32-bit
	@$(PREPARE)/options guest-test
	@$(PREPARE)/target guest-test

doctor: ## look at this machine: packages, versions, disk, memory, QEMU
	@$(PREPARE)/options doctor
	@$(PREPARE)/doctor

deps: ## install the Debian packages that everything here needs
	@$(PREPARE)/steps 1 deps:distro

base: ## unpack the base tree to build/base/linux
	@$(PREPARE)/options base
	@$(PREPARE)/steps 2 deps base

kernel: ## build the base tree with pvboot over it, in build/kernel
	@$(PREPARE)/options kernel
	@$(PREPARE)/steps 4 deps base overlay kernel

initramfs: ## make build/initramfs.gz
	@$(PREPARE)/options initramfs
	@$(PREPARE)/steps 4 deps base overlay initramfs

xen: ## take Debian's Xen to build/xen/xen.elf
	@$(PREPARE)/options xen
	@$(PREPARE)/steps 2 deps xen

lint: ## hold our files to the kernel's standards
	@$(PREPARE)/options lint
	@$(PREPARE)/steps 4 deps:check base overlay kernel
	@scripts/lint

unit: ## test the core over a fake Xen, in minutes
	@$(PREPARE)/options unit
	@$(PREPARE)/steps 2 deps:check base
	@$(MAKE) -s -C $(UNIT) unit

fuzz: ## look for inputs that break the core, for FUZZTIME
	@$(PREPARE)/options fuzz
	@$(PREPARE)/steps 2 deps:check base
	@$(MAKE) -s -C $(UNIT) fuzz

image: ## build/pvboot.iso: a stick that tries it on a real machine, and writes to no disk
	@$(PREPARE)/options image
	@$(PREPARE)/target image

bench: ## measure ours beside upstream's arch/x86/xen on Xen: a table of ratios
	@$(PREPARE)/options bench
	@$(PREPARE)/target bench

profile: ## where the instructions of one operation go, as in WHAT=fork: a table and flame graphs
	@$(PREPARE)/options profile
	@$(PREPARE)/target profile

docs: ## build the documentation with Sphinx
	@$(PREPARE)/options docs
	@$(PREPARE)/steps 2 deps:check base
	@scripts/docs

install: ## lay pvboot over the kernel tree TREE
	@$(PREPARE)/options install
	@$(PREPARE)/target install

uninstall: ## take it out of TREE again
	@$(PREPARE)/options uninstall
	@$(PREPARE)/target uninstall

# For review it is the newest kernel, of those that there is one for.
series series-check: override BASE := $(or $(BASE),$(if $(filter 32,$(BITS)),6.12,7.3))

series: ## cut pvboot into patches for review, in build/series
	@$(PREPARE)/options series
	@$(PREPARE)/steps 2 deps base
	@$(PREPARE)/target series

series-check: ## see that the series applies, and builds after each patch, and boots
	@$(PREPARE)/options series-check
	@$(PREPARE)/target series-check

fixes fixes-check: override BASE := $(or $(BASE),7.3)

fixes: ## small patches for upstream's own files, in build/fixes/BASE
	@$(PREPARE)/options fixes
	@$(PREPARE)/steps 2 deps base
	@$(PREPARE)/target fixes

fixes-check: ## see each of them fail on upstream's kernel without it, and pass with it
	@$(PREPARE)/options fixes-check
	@$(PREPARE)/target fixes-check

deb: ## the kernel with pvboot as Debian packages, in build/packages/deb
	@$(PREPARE)/options deb
	@$(PREPARE)/target deb

rpm: ## the same as RPM packages, in build/packages/rpm
	@$(PREPARE)/options rpm
	@$(PREPARE)/target rpm

clean: ## remove what was built; the base tree and the compiler's cache stay
	@$(PREPARE)/target clean

distclean: ## remove build/ as a whole
	@$(PREPARE)/target distclean

.PHONY: help doctor boot domu check check-long check-release distro-check guest-test deps base kernel initramfs xen lint unit \
	fuzz image bench profile docs install uninstall series series-check fixes fixes-check deb rpm clean distclean
