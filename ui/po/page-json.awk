# SPDX-License-Identifier: GPL-3.0-or-later
# From a catalogue without wrapped lines: {"English": "translation"} of each sentence that ui/page says, and
# of the roles, whose names the station sends.
# The escapes of a PO file (\n \t \" \\) are those of JSON.
BEGIN { print "{" }
/^$/ { page = 0 }
/^#: / { if (index($0, "ui/page/") || index($0, "station/base/role.h")) page = 1 }
/^msgid / { id = substr($0, 7) }
/^msgstr / { if (page && id != "\"\"") { printf "%s%s: %s", separator, id, substr($0, 8); separator = ",\n" } }
END { print "\n}" }
