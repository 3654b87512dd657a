#!/bin/sh
# Other people's verifier, witness and openssl against our side.
exec tests/interop/run
