#include <string.h>

#include "base/error.h"
#include "proc/role.h"

const char *
role_name(enum role role)
{
	switch (role) {
	case ROLE_SUPERVISOR:
		return "supervisor";
	case ROLE_KEEPER:
		return "keeper";
	case ROLE_REGISTRAR:
		return "registrar";
	case ROLE_GATE:
		return "gate";
	case ROLE_COURIER:
		return "courier";
	case ROLE_DESK:
		return "desk";
	case ROLE_COUNT:
		break;
	}
	return "unknown";
}

int
role_parse(enum role *out, const char *name, struct error *err)
{
	for (enum role role = 0; role < ROLE_COUNT; role++) {
		if (strcmp(role_name(role), name) == 0) {
			*out = role;
			return 0;
		}
	}
	return error_set(err, E_USAGE, "no process has the role \"%.32s\"",
	    name);
}

bool
role_is_in(enum role role, unsigned int roles)
{
	return role < ROLE_COUNT && (roles & (1U << role)) != 0;
}
