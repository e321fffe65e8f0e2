#!/usr/bin/env python3
"""Turns default.toml into a C++ source that returns it. Usage: embed.py <default.toml> <output.cc>"""
import sys

DELIMITER = "mehr_toml"

with open(sys.argv[1], encoding="utf-8") as source:
    text = source.read()
if ")" + DELIMITER + '"' in text:
    sys.exit("the manual contains the delimiter of its own raw string")
with open(sys.argv[2], "w", encoding="utf-8") as out:
    out.write("// Made from default.toml by embed.py.\n")
    out.write('#include "core/config/config.h"\n\n')
    out.write("std::string_view mehr::config::default_toml() {\n")
    out.write(f'  return R"{DELIMITER}({text}){DELIMITER}";\n}}\n')
