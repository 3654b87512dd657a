#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/error.h"
#include "proc/sandbox_landlock.h"
#include "proc/sanitiser.h"

/*
 * The interface as of version 6, Linux 6.12, written out here because the
 * headers the program is built with may be older than the kernel it meets
 * (Documentation/userspace-api/landlock.rst).
 */
#define CALL_CREATE_RULESET 444
#define CALL_ADD_RULE 445
#define CALL_RESTRICT_SELF 446

#define CREATE_RULESET_VERSION (1U << 0)
#define RULE_PATH_BENEATH 1

#define FS_EXECUTE (1ULL << 0)
#define FS_WRITE_FILE (1ULL << 1)
#define FS_READ_FILE (1ULL << 2)
#define FS_READ_DIR (1ULL << 3)
#define FS_REMOVE_DIR (1ULL << 4)
#define FS_REMOVE_FILE (1ULL << 5)
#define FS_MAKE_DIR (1ULL << 7)
#define FS_MAKE_REG (1ULL << 8)
#define FS_REFER (1ULL << 13)
#define FS_TRUNCATE (1ULL << 14)

#define FS_ALL_1 ((1ULL << 13) - 1) /* version 1 knows bits 0 to 12 */
#define FS_IOCTL_DEV (1ULL << 15)

#define NET_BIND_TCP (1ULL << 0)
#define NET_CONNECT_TCP (1ULL << 1)

#define SCOPE_ABSTRACT_SOCKET (1ULL << 0)
#define SCOPE_SIGNAL (1ULL << 1)

struct ruleset {
	uint64_t fs;
	uint64_t net;   /* from version 4 */
	uint64_t scope; /* from version 6 */
};

struct path_rule {
	uint64_t allowed;
	int32_t fd;
} __attribute__((packed));

/* What makes sense for a file that is no directory. */
#define FS_OF_FILE (FS_READ_FILE | FS_WRITE_FILE | FS_TRUNCATE)

#define FS_TO_READ (FS_READ_FILE | FS_READ_DIR)
#define FS_TO_WRITE                                                 \
	(FS_TO_READ | FS_WRITE_FILE | FS_TRUNCATE | FS_REMOVE_DIR | \
	    FS_REMOVE_FILE | FS_MAKE_DIR | FS_MAKE_REG | FS_REFER)

int
sandbox_landlock_abi(void)
{
	long abi = syscall(CALL_CREATE_RULESET, NULL, (size_t)0,
	    CREATE_RULESET_VERSION);

	return abi < 0 ? 0 : (int)abi;
}

/* Everything that ${abi} can forbid, of files. */
static uint64_t
files_known(int abi)
{
	uint64_t all = FS_ALL_1;

	if (abi >= 2)
		all |= FS_REFER;
	if (abi >= 3)
		all |= FS_TRUNCATE;
	if (abi >= 5)
		all |= FS_IOCTL_DEV;
	return all;
}

static int
ruleset_open(int abi, bool may_connect, int *fd, struct error *err)
{
	struct ruleset rules = { .fs = files_known(abi) };
	size_t size = sizeof(rules.fs);

	if (abi >= 4) {
		rules.net = NET_BIND_TCP;
		if (!may_connect)
			rules.net |= NET_CONNECT_TCP;
		size += sizeof(rules.net);
	}
	if (abi >= 6) {
		rules.scope = SCOPE_ABSTRACT_SOCKET | SCOPE_SIGNAL;
		size += sizeof(rules.scope);
	}
	*fd = (int)syscall(CALL_CREATE_RULESET, &rules, size, 0);
	if (*fd == -1)
		return error_set(err, E_SANDBOX, "landlock: %s",
		    strerror(errno));
	return 0;
}

static uint64_t
rights(enum sandbox_access access, bool is_directory, int abi)
{
	uint64_t allowed = 0;

	switch (access) {
	case SANDBOX_READ:
		allowed = FS_TO_READ;
		break;
	case SANDBOX_WRITE:
		allowed = FS_TO_WRITE;
		break;
	}
	if (!is_directory)
		allowed &= FS_OF_FILE;
	return allowed & files_known(abi);
}

static int
add_rule(int rules, const struct sandbox_path *path, int abi, struct error *err)
{
	struct path_rule rule;
	struct stat st;
	int fd, rc = -1;

	fd = open(path->path, O_PATH | O_CLOEXEC);
	if (fd == -1) {
		if (path->access == SANDBOX_READ && errno == ENOENT)
			return 0;
		return error_set(err, E_SANDBOX, "%s: %s", path->path,
		    strerror(errno));
	}
	if (fstat(fd, &st) == -1)
		goto out;
	rule.allowed = rights(path->access, S_ISDIR(st.st_mode), abi);
	rule.fd = fd;
	if (syscall(CALL_ADD_RULE, rules, RULE_PATH_BENEATH, &rule, 0) == -1)
		goto out;
	rc = 0;
out:
	if (rc == -1)
		error_set(err, E_SANDBOX, "landlock of %s: %s", path->path,
		    strerror(errno));
	close(fd);
	return rc;
}

static int
add_rules(int rules, const struct sandbox_path *paths, size_t n, int abi,
    struct error *err)
{
	static const struct sandbox_path proc = { "/proc", SANDBOX_READ };

	for (size_t i = 0; i < n; i++)
		if (add_rule(rules, &paths[i], abi, err) == -1)
			return -1;
	/* The leak check reads the maps of its process. */
	return SANITISER ? add_rule(rules, &proc, abi, err) : 0;
}

int
sandbox_landlock_enter(int abi, const struct sandbox_path *paths, size_t n,
    bool may_connect, struct error *err)
{
	int rules, rc = -1;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return error_set(err, E_SANDBOX, "prctl: %s", strerror(errno));
	if (ruleset_open(abi, may_connect, &rules, err) == -1)
		return -1;
	if (add_rules(rules, paths, n, abi, err) == -1)
		goto out;
	if (syscall(CALL_RESTRICT_SELF, rules, 0) == -1) {
		error_set(err, E_SANDBOX, "landlock: %s", strerror(errno));
		goto out;
	}
	rc = 0;
out:
	close(rules);
	return rc;
}
