# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
#
# Where this machine takes Debian from.  Sourced after common.sh.

. "$(dirname "$0")/releases.sh"

sources=${PVBOOT_APT_DIR:-/etc/apt}

# mirror_line: URI and keyring of the machine's own source of its release's
# main suite, from either of apt's two formats.
mirror_line()
{
	for file in "$sources"/sources.list.d/*.sources; do
		[ -f "$file" ] || continue
		awk -v codename="$codename" '
		function flush() {
			if (types ~ /(^| )deb( |$)/ && index(" " suites " ", " " codename " ") &&
			    components ~ /(^| )main( |$)/ && enabled != "no") {
				split(uris, uri, " ")
				print uri[1], key
			}
			types = suites = components = uris = key = enabled = ""
		}
		/^[ \t]*$/ { flush(); next }
		/^#/ { next }
		{
			name = tolower($1)
			value = $0
			sub(/^[^:]*:[ \t]*/, "", value)
			if (name == "types:") types = value
			else if (name == "uris:") uris = value
			else if (name == "suites:") suites = value
			else if (name == "components:") components = value
			else if (name == "signed-by:") key = value
			else if (name == "enabled:") enabled = value
		}
		END { flush() }' "$file"
	done
	for file in "$sources"/sources.list "$sources"/sources.list.d/*.list; do
		[ -f "$file" ] || continue
		awk -v codename="$codename" '
		$1 == "deb" {
			key = ""
			if (match($0, /\[[^]]*\]/)) {
				options = substr($0, RSTART + 1, RLENGTH - 2)
				$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
				n = split(options, option, " ")
				for (i = 1; i <= n; i++)
					if (sub(/^signed-by=/, "", option[i]))
						key = option[i]
			}
			if ($3 == codename && / main( |$)/)
				print $2, key
		}' "$file"
	done
}
