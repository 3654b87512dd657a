#pragma once

/*
 * howto_text: the words of HOWTO.txt that are the same in every bundle.
 * Private to howto.c.
 */

#define HOWTO_START                                                            \
	"# HOWTO: check this bundle without the program that made it.\n"       \
	"#\n"                                                                  \
	"# Needed: sh, the GNU coreutils, openssl 3.0 or later.  Every line\n" \
	"# that does not begin with # is a command.  Read them, then type\n"   \
	"# them one by one in this directory, or run \"sh HOWTO.txt\".  It\n"  \
	"# stops at the first thing that is wrong.\n"                          \
	"#\n"                                                                  \
	"# No command can tell whose keys these are.  Ask each party for "     \
	"the\n"                                                                \
	"# fingerprint of its card, by a way that you trust, and compare.\n"   \
	"#\n"                                                                  \
	"# The files: <party>-<n>.p7m is entry n of that party's log, a\n"     \
	"# record sealed as CMS SignedData; its .tlog-proof is the path "      \
	"from\n"                                                               \
	"# its hash to the root of a Merkle tree (RFC 6962); the "             \
	".checkpoint\n"                                                        \
	"# has that root, with the signatures of the log and of the other\n"   \
	"# party's mirror (https://c2sp.org).\n"

#define HOWTO_COMMANDS                                                         \
	"\nset -eu\n"                                                          \
	"LC_ALL=C\n"                                                           \
	"export LC_ALL\n"                                                      \
	"T=$(mktemp -d)\n"                                                     \
	"trap 'rm -rf \"$T\"' EXIT\n"                                          \
	"bad() { echo \"WRONG: $1\" >&2; exit 1; }\n"                          \
	"\n# All files are those that were handed over.\n"                     \
	"sha256sum --quiet --strict -c SHA256SUMS || bad 'a digest'\n"         \
	"\n# Line $1 of file $2.\n"                                            \
	"line() { tail -n \"+$1\" \"$2\" | head -n 1; }\n"                     \
	"\n# File $1 has the SHA-256 $2.\n"                                    \
	"digest() {\n"                                                         \
	"    [ \"$(sha256sum <\"$1\" | cut -c 1-64)\" = \"$2\" ] ||\n"         \
	"        bad \"the digest of $1\"\n"                                   \
	"}\n"                                                                  \
	"\n# File $1 contains the text $2.\n"                                  \
	"has() {\n"                                                            \
	"    case \"$(cat \"$1\")\" in\n"                                      \
	"    *\"$2\"*) ;;\n"                                                   \
	"    *) bad \"there is no $2\" ;;\n"                                   \
	"    esac\n"                                                           \
	"}\n"                                                                  \
	"\n# The content just opened names the certificate $2 after $1.\n"     \
	"certificate() {\n"                                                    \
	"    openssl x509 -in \"$2\" -outform DER | base64 -w 0 >\"$T/der\"\n" \
	"    has \"$T/content\" \"$1$(cat \"$T/der\")\\\"\"\n"                 \
	"}\n"                                                                  \
	"\n# The seal of $1 verifies with $2 at time $4; its content is "      \
	"what\n"                                                               \
	"# was sealed.\n"                                                      \
	"sealed() {\n"                                                         \
	"    openssl cms -verify -cades -purpose any -inform DER -in \"$1\" "  \
	"\\\n"                                                                 \
	"        -certfile \"$2\" -CAfile \"$3\" -attime \"$4\" \\\n"          \
	"        -out \"$T/content\" 2>\"$T/said\" || bad \"the seal of "      \
	"$1\"\n"                                                               \
	"}\n"                                                                  \
	"\n# The same, and the lists of revoked certificates from $6 on, of "  \
	"that\n"                                                               \
	"# time, do not have what it was sealed with; $5: -crl_check, or\n"    \
	"# -crl_check_all for all that stand above it too.\n"                  \
	"unrevoked() {\n"                                                      \
	"    F=$1 C=$2 A=$3 S=$4 K=$5\n"                                       \
	"    shift 5\n"                                                        \
	"    cat \"$A\" \"$@\" >\"$T/above\"\n"                                \
	"    openssl cms -verify -cades -purpose any \"$K\" -inform DER \\\n"  \
	"        -in \"$F\" -certfile \"$C\" -CAfile \"$T/above\" \\\n"        \
	"        -attime \"$S\" -out \"$T/content\" 2>\"$T/said\" ||\n"        \
	"        bad \"the seal of $F, or it is revoked\"\n"                   \
	"}\n"                                                                  \
	"\n# The hash of a leaf is SHA-256 of a zero byte and the entry.\n"    \
	"leaf() {\n"                                                           \
	"    { printf '\\000'; cat \"$1\"; } >\"$T/leaf\"\n"                   \
	"    digest \"$T/leaf\" \"$2\"\n"                                      \
	"    openssl dgst -sha256 -binary \"$T/leaf\" >\"$T/h\"\n"             \
	"}\n"                                                                  \
	"\n# The proof $1 is of entry $2 under the head $3, its last lines.\n" \
	"path() {\n"                                                           \
	"    [ \"$(line 1 \"$1\")\" = 'c2sp.org/tlog-proof@v1' ] &&\n"         \
	"        [ \"$(line 2 \"$1\")\" = \"index $2\" ] &&\n"                 \
	"        [ \"$(tail -n \"+$4\" \"$1\")\" = \"$(cat \"$3\")\" ] ||\n"   \
	"        bad \"the form of $1\"\n"                                     \
	"}\n"                                                                  \
	"\n# One step to the root: a byte 01, the left hash, the right "       \
	"hash;\n"                                                              \
	"# the other one is line $2 of the proof $3, on the side $1.\n"        \
	"up() {\n"                                                             \
	"    line \"$2\" \"$3\" | base64 -d >\"$T/p\"\n"                       \
	"    case $1 in\n"                                                     \
	"    left) { printf '\\001'; cat \"$T/p\" \"$T/h\"; } >\"$T/n\" ;;\n"  \
	"    right) { printf '\\001'; cat \"$T/h\" \"$T/p\"; } >\"$T/n\" ;;\n" \
	"    esac\n"                                                           \
	"    openssl dgst -sha256 -binary \"$T/n\" >\"$T/h\"\n"                \
	"}\n"                                                                  \
	"\n# What we came to is the root in the head $1.\n"                    \
	"is_root() {\n"                                                        \
	"    [ \"$(base64 <\"$T/h\")\" = \"$(line 3 \"$1\")\" ] ||\n"          \
	"        bad \"the root of $1\"\n"                                     \
	"}\n"

#define HOWTO_SIGNATURES                                                      \
	"\n# $T/sig is a signature of the Ed25519 key $1 over $T/text.\n"     \
	"ed25519() {\n"                                                       \
	"    printf '\\060\\052\\060\\005\\006\\003' >\"$T/key\"\n"           \
	"    printf '\\053\\145\\160\\003\\041\\000' >>\"$T/key\"\n"          \
	"    printf %s \"$1\" | base64 -d >>\"$T/key\"\n"                     \
	"    openssl pkeyutl -verify -pubin -keyform DER -inkey \"$T/key\" "  \
	"\\\n"                                                                \
	"        -rawin -in \"$T/text\" -sigfile \"$T/sig\" \\\n"             \
	"        >\"$T/said\" 2>&1 || bad \"a signature on $2\"\n"            \
	"}\n"                                                                 \
	"\n# Line $2 of the head $1 is $3's signature by the key $4.\n"       \
	"log_line() {\n"                                                      \
	"    [ \"$(line 1 \"$1\")\" = \"$3\" ] || bad \"the log of $1\"\n"    \
	"    [ \"$(line 4 \"$1\")\" = '' ] || bad \"the form of $1\"\n"       \
	"    [ \"$(line \"$2\" \"$1\" | cut -d ' ' -f 2)\" = \"$3\" ] ||\n"   \
	"        bad \"the signer of $1\"\n"                                  \
	"    head -n 3 \"$1\" >\"$T/text\"\n"                                 \
	"    line \"$2\" \"$1\" | cut -d ' ' -f 3 | base64 -d |\n"            \
	"        tail -c +5 >\"$T/sig\"\n"                                    \
	"    ed25519 \"$4\" \"$1\"\n"                                         \
	"    echo \"OK: $1, $(line 2 \"$1\") entries, signed by its log\"\n"  \
	"}\n"                                                                 \
	"\n# Line $2 of the head $1 is the line of the mirror $3, key $4:\n"  \
	"# its holder says that it stored all of these entries by that "      \
	"time.\n"                                                             \
	"mirror_line() {\n"                                                   \
	"    [ \"$(line \"$2\" \"$1\" | cut -d ' ' -f 2)\" = \"$3\" ] ||\n"   \
	"        bad \"the mirror of $1\"\n"                                  \
	"    line \"$2\" \"$1\" | cut -d ' ' -f 3 | base64 -d |\n"            \
	"        tail -c +5 >\"$T/timed\"\n"                                  \
	"    S=$(head -c 8 \"$T/timed\" | od -An -tu8 --endian=big |\n"       \
	"        tr -d ' ')\n"                                                \
	"    tail -c +9 \"$T/timed\" >\"$T/sig\"\n"                           \
	"    { printf 'cosignature/v1\\ntime %s\\n' \"$S\"\n"                 \
	"      head -n 3 \"$1\"; } >\"$T/text\"\n"                            \
	"    ed25519 \"$4\" \"$1\"\n"                                         \
	"    echo \"OK: $1, under $3 at $(date -u -d \"@$S\" +%FT%TZ)\"\n"    \
	"}\n"                                                                 \
	"\n# A tree built anew: $T/s1 to $T/sN are the trees so far, the\n"   \
	"# largest first.\n"                                                  \
	"peak() { N=$((N + 1)); line \"$1\" \"$2\" | base64 -d >\"$T/s$N\"; " \
	"}\n"                                                                 \
	"push() { leaf \"$1\" \"$2\"; N=$((N + 1)); mv \"$T/h\" \"$T/s$N\"; " \
	"}\n"                                                                 \
	"fold() {\n"                                                          \
	"    M=$((N - 1))\n"                                                  \
	"    { printf '\\001'; cat \"$T/s$M\" \"$T/s$N\"; } >\"$T/n\"\n"      \
	"    openssl dgst -sha256 -binary \"$T/n\" >\"$T/s$M\"\n"             \
	"    N=$M\n"                                                          \
	"}\n"                                                                 \
	"\n# The content just opened is no reaction to the record $1.\n"      \
	"no_reaction() {\n"                                                   \
	"    case \"$(cat \"$T/content\")\" in\n"                             \
	"    *\"$1\"*) ;;\n"                                                  \
	"    *) return ;;\n"                                                  \
	"    esac\n"                                                          \
	"    for K in acknowledgement return decision result; do\n"           \
	"        case \"$(tr -d ' \\n\\t' <\"$T/content\")\" in\n"            \
	"        *\"\\\"kind\\\":\\\"$K\\\"\"*) bad \"a reaction: $K\" ;;\n"  \
	"        esac\n"                                                      \
	"    done\n"                                                          \
	"}\n"

#define HOWTO_HEADS                                                       \
	"\n# The heads: each with its log's signature and, if the other " \
	"party\n# took what is below it, with its mirror's line.\n"

#define HOWTO_END "\n# So, if the fingerprints are those of the parties:\n"
