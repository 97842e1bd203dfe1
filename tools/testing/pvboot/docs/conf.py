# SPDX-License-Identifier: GPL-2.0
"""Sphinx configuration of `make docs`; scripts/docs says how it is called.

Documentation/arch/x86/pvboot is written to be laid into a kernel tree, whose
own configuration serves it there.  This one is for it and Documentation/pvboot,
stays here, and takes from the
base tree what the pages need of it: the kernel-doc directive, and links made
of the names of pages and functions.
"""

import os
import sys

SOURCE = os.environ["PVBOOT_SOURCE"]
BASE = os.environ["PVBOOT_BASE"]

sys.path.insert(0, os.path.join(BASE, "Documentation/sphinx"))

project = "pvboot"
author = "pvboot maintainers"
version = release = os.environ.get("PVBOOT_VERSION", "")
language = "en"

extensions = ["automarkup", "kerneldoc"]
kerneldoc_bin = os.path.join(BASE, "scripts/kernel-doc")
kerneldoc_srctree = SOURCE
kerneldoc_verbosity = 1

# Words of the kernel's declarations that are no types.
c_id_attributes = ["__init", "__ref", "__visible", "__noreturn", "asmlinkage", "noinstr"]

root_doc = "pvboot/index"
primary_domain = "c"
highlight_language = "none"
html_theme = "alabaster"
html_theme_options = {"page_width": "1080px", "sidebar_width": "240px"}
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
