# SPDX-License-Identifier: GPL-3.0-or-later
# From a catalogue without wrapped lines: {"English": "translation"} of each sentence that ui/page says, and
# of roles, pauses and views, whose names the station sends.
# The escapes of a PO file (\n \t \" \\) are those of JSON.
BEGIN { print "{" }
/^$/ { page = 0 }
/^#: / { if ($0 ~ /ui\/page\/|base\/role\.h|pause_reasons\.def|shot_views\.def/) page = 1 }
/^msgid / { id = substr($0, 7) }
/^msgstr / { if (page && id != "\"\"") { printf "%s%s: %s", separator, id, substr($0, 8); separator = ",\n" } }
END { print "\n}" }
