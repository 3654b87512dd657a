#include "proc/sandbox.h"
#include "base/buf.h"
#include "base/error.h"
#include "proc/sandbox_landlock.h"
#include "proc/sandbox_seccomp.h"
#include "proc/sanitiser.h"

const struct sandbox_path sandbox_resolver[SANDBOX_RESOLVER_PATHS] = {
	{ "/etc/resolv.conf", SANDBOX_READ },
	{ "/etc/hosts", SANDBOX_READ },
	{ "/etc/host.conf", SANDBOX_READ },
	{ "/etc/nsswitch.conf", SANDBOX_READ },
	{ "/etc/gai.conf", SANDBOX_READ },
	{ "/etc/services", SANDBOX_READ },
	{ "/run/systemd/resolve", SANDBOX_READ },
	{ "/run/resolvconf", SANDBOX_READ },
	{ "/run/NetworkManager", SANDBOX_READ },
	{ "/etc/ld.so.cache", SANDBOX_READ },
	{ "/usr/lib", SANDBOX_READ },
};

void
sandbox_probe(struct sandbox *out)
{
	*out = (struct sandbox){
		.landlock_abi = sandbox_landlock_abi(),
		.has_seccomp = sandbox_seccomp_is_there() && !SANITISER,
		.is_sanitised = SANITISER,
	};
}

static int
check_required(const struct sandbox *sandbox, struct error *err)
{
	if (sandbox->landlock_abi == 0)
		return error_set(err, E_SANDBOX,
		    "landlock: not in this kernel");
	if (!sandbox->has_seccomp && !sandbox->is_sanitised)
		return error_set(err, E_SANDBOX, "seccomp: not in this kernel");
	return 0;
}

int
sandbox_enter(struct sandbox *out, enum role role,
    const struct sandbox_path *paths, size_t n, bool is_required,
    struct error *err)
{
	struct sandbox got;

	if (!role_is_in(role, ROLES_CHILDREN))
		return error_set(err, E_SANDBOX, "no sandbox for the %s",
		    role_name(role));
	sandbox_probe(&got);
	if (is_required && check_required(&got, err) == -1)
		return -1;
	if (got.landlock_abi > 0 &&
	    sandbox_landlock_enter(got.landlock_abi, paths, n,
		role == ROLE_COURIER, err) == -1)
		return -1;
	if (got.has_seccomp && sandbox_seccomp_enter(role, err) == -1)
		return -1;
	got.is_entered = true;
	*out = got;
	return 0;
}

void
sandbox_describe(const struct sandbox *sandbox, struct buf *out)
{
	if (sandbox->landlock_abi > 0)
		buf_printf(out, "landlock abi %d", sandbox->landlock_abi);
	else
		buf_text(out, "landlock: not in this kernel");
	if (sandbox->is_sanitised)
		buf_text(out, ", seccomp: left out for the sanitiser");
	else if (sandbox->has_seccomp)
		buf_text(out, ", seccomp");
	else
		buf_text(out, ", seccomp: not in this kernel");
}
