#include "node/keeper_answer.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/log.h"
#include "keeper/keeper.h"
#include "keeper/signer.h"
#include "node/keeper_wire.h"

/* One question being answered. */
struct question {
	struct keeper *keeper;
	struct span payload;
	struct instant now;
	struct buf *out;
	struct arena *arena;
};

static int
answer_seal(const struct question *question, struct error *err)
{
	struct wire_seal seal;
	struct span der;
	int rc;

	if (wire_seal_parse(&seal, question->payload, err) == -1)
		return -1;
	if (seal.what == WIRE_CARD)
		rc = keeper_seal_card(question->keeper, seal.content,
		    question->now, &der, question->arena, err);
	else
		rc = keeper_seal(question->keeper, seal.content,
		    seal.has_certificate ? &seal.certificate : NULL,
		    question->now, &der, question->arena, err);
	if (rc == 0)
		buf_add(question->out, der);
	return rc;
}

static int
answer_head(const struct question *question, struct error *err)
{
	struct wire_head head;
	struct span note;

	if (wire_head_parse(&head, question->payload, err) == -1 ||
	    keeper_head(question->keeper, &head.head, &head.proof,
		head.has_key ? head.key : NULL, question->now, &note,
		question->arena, err) == -1)
		return -1;
	buf_add(question->out, note);
	return 0;
}

static int
answer_cosign(const struct question *question, struct error *err)
{
	struct wire_cosigned cosigned = { .at = question->now };
	struct wire_cosign cosign;

	if (wire_cosign_parse(&cosign, question->payload, err) == -1 ||
	    keeper_cosign(question->keeper, cosign.note, &cosign.proof,
		cosign.has_mirror ? cosign.mirror : NULL, question->now,
		&cosigned.line, question->arena, err) == -1)
		return -1;
	wire_cosigned_write(question->out, &cosigned);
	return 0;
}

static int
answer_keys(const struct question *question, struct error *err)
{
	struct keeper_public public_keys;
	struct wire_keys keys;
	struct wire_last last;

	if (wire_keys_parse(&keys, question->payload, err) == -1)
		return -1;
	if (!keys.is_last) {
		keeper_public(question->keeper, &public_keys, question->arena);
		wire_public_write(question->out, &public_keys);
		return 0;
	}
	if (keeper_last(question->keeper, keys.origin, &last.size, &last.root,
		err) == -1)
		return -1;
	wire_last_write(question->out, &last);
	return 0;
}

static int
answer_renew(const struct question *question, struct error *err)
{
	struct wire_renew renew;
	unsigned number;

	if (wire_renew_parse(&renew, question->payload, err) == -1 ||
	    keeper_renew(question->keeper, renew.use, question->now,
		renew.not_after, &number, err) == -1)
		return -1;
	wire_renewed_write(question->out, number);
	return 0;
}

static int
answer_follow(const struct question *question, struct error *err)
{
	struct signer_named named;
	struct wire_follow wire;

	if (wire_follow_parse(&wire, question->payload, err) == -1)
		return -1;
	named = (struct signer_named){ wire.origin, wire.index,
		wire.certificate, wire.entry, &wire.proof };
	return keeper_follow(question->keeper, &named, err);
}

static int
answer_authorise(const struct question *question, struct error *err)
{
	struct wire_authorise word;

	if (wire_authorise_parse(&word, question->payload, err) == -1)
		return -1;
	if (word.is_clock)
		return keeper_confirm_clock(question->keeper, question->now,
		    err);
	return keeper_authorise(question->keeper, &word.digest, question->now,
	    err);
}

static int
answer_pin_peer(const struct question *question, struct error *err)
{
	struct wire_pin pin;

	if (wire_pin_parse(&pin, question->payload, err) == -1)
		return -1;
	return keeper_pin_peer(question->keeper, pin.peer, pin.log, &pin.card,
	    question->now, err);
}

/* What is not listed nobody may ask. */
static const struct answer_rule {
	enum message_type ask;
	enum role from;
	int (*answer)(const struct question *question, struct error *err);
	enum message_type reply;
} rules[] = {
	/* clang-format off */
	{ MESSAGE_SEAL,      ROLE_REGISTRAR, answer_seal, MESSAGE_SEALED },
	{ MESSAGE_HEAD,      ROLE_REGISTRAR, answer_head, MESSAGE_HEAD_SIGNED },
	{ MESSAGE_COSIGN,    ROLE_REGISTRAR, answer_cosign, MESSAGE_COSIGNED },
	{ MESSAGE_KEYS,      ROLE_REGISTRAR, answer_keys, MESSAGE_KEYS_REPLY },
	{ MESSAGE_RENEW,     ROLE_REGISTRAR, answer_renew, MESSAGE_RENEWED },
	{ MESSAGE_FOLLOW,    ROLE_REGISTRAR, answer_follow, MESSAGE_FOLLOWED },
	{ MESSAGE_AUTHORISE, ROLE_DESK, answer_authorise, MESSAGE_AUTHORISED },
	{ MESSAGE_PIN_PEER,  ROLE_DESK, answer_pin_peer, MESSAGE_AUTHORISED },
	/* clang-format on */
};

static const struct answer_rule *
find_rule(enum message_type ask, enum role from)
{
	for (size_t i = 0; i < COUNT_OF(rules); i++)
		if (rules[i].ask == ask && rules[i].from == from)
			return &rules[i];
	return NULL;
}

/* A fork asked for, or a clock gone wrong, is for someone to look at. */
static void
tell_operator(enum message_type ask, const struct error *why)
{
	bool is_alarm = why->code == E_KEEPER_FORK ||
	    why->code == E_KEEPER_ROLLBACK || why->code == E_KEEPER_CLOCK ||
	    why->code == E_KEEPER_AUTHORISATION || why->code == E_PROC_MESSAGE;

	log_line(is_alarm ? LOG_LEVEL_ALARM : LOG_LEVEL_WARNING,
	    "%s refused: %s (%s)", message_name(ask), error_text(why->code),
	    why->detail);
}

enum message_type
keeper_answer(struct keeper *keeper, enum role from, const struct message *ask,
    struct instant now, struct buf *out, struct arena *arena)
{
	const struct answer_rule *rule = find_rule(ask->type, from);
	struct question question = { keeper, ask->payload, now, out, arena };
	struct error why;

	if (rule == NULL)
		error_set(&why, E_PROC_MESSAGE, "not for the %s to ask",
		    role_name(from));
	else if (rule->answer(&question, &why) == 0 &&
	    buf_check(out, &why) == 0)
		return rule->reply;
	tell_operator(ask->type, &why);
	buf_clear(out);
	buf_init(out, KEEPER_WIRE_MAX);
	message_refusal_write(out, &why);
	return MESSAGE_REFUSED;
}
