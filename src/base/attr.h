#pragma once

/*
 * attr: the compiler's extensions, in one place.
 */

#define NODISCARD __attribute__((warn_unused_result))
#define NORETURN __attribute__((noreturn))
#define PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define UNUSED __attribute__((unused))

/* Number of elements of the array ${a}. */
#define COUNT_OF(a) (sizeof(a) / sizeof((a)[0]))
