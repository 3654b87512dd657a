#!/bin/sh
# The rules of STYLE.md that a script can see.
exec tools/lint
