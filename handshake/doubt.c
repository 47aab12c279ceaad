/*
 * What has become of those who vouched for a peer: whether a session or a connection whose peer was accepted once may
 * go on by the roots and lists of now. A doubt is no verdict: serial numbers are compared whoever issued them, and the
 * certificates themselves have gone. Who comes back shows them again.
 */
#include "handshake/conn.h"
#include "handshake/session.h"
#include <string.h>

/* Whether a CA above the peer is on a list; where not all of them are known, any list is a reason to look again. */
static bool above_listed(const struct sw_trust *trust, struct sw_slice above)
{
    struct sw_reader each = sw_reader_of_slice(above), serial;

    while (sw_reader_left(&each) > 0) {
        serial = sw_read_vec8(&each);
        if (sw_reader_left(&serial) > 0 ? sw_trust_lists(trust, sw_read_rest(&serial)) : sw_trust_has_lists(trust))
            return true;
    }
    return false;
}

/*
 * Whether the root is not trusted now. That there was none was an application's decision, and stands where an
 * application decides; zeros are no root's, and what nobody looked at stands only where nobody looks.
 */
static bool root_gone(const struct sw_config *cfg, const uint8_t root[SW_ROOT_ID_LEN])
{
    uint8_t accepted[SW_ROOT_ID_LEN];

    if (cfg->options[SW_OPT_INSECURE_NO_VERIFY] != 0)
        return false;
    memset(accepted, SW_ROOT_ACCEPTED, sizeof accepted);
    if (memcmp(root, accepted, sizeof accepted) == 0)
        return cfg->verify == NULL;
    return !sw_trust_has_root(cfg->trust, root);
}

/* What is to be said of a peer by whatever stayed of his path. */
struct left {
    const struct sw_peer *peer;
    struct sw_slice above;
    const uint8_t *root;
    int64_t until;
};

/*
 * Who is on a list now was not when the session or the connection began, or it had not begun; he comes with his
 * certificate again, and is refused for good reasons. The same goes for the CAs that vouched for him, and for
 * certificates whose time is over (RFC 5246 F.1.4).
 */
static enum sw_err doubt(const struct sw_config *cfg, const struct left *of)
{
    if (sw_trust_lists(cfg->trust, (struct sw_slice){of->peer->serial, of->peer->serial_len}) ||
        above_listed(cfg->trust, of->above))
        return SW_ERR_CERT_REVOKED;
    if (root_gone(cfg, of->root))
        return SW_ERR_CERT_UNKNOWN_CA;
    return cfg->now != NULL && cfg->now(cfg->now_ctx) > of->until ? SW_ERR_CERT_EXPIRED : SW_OK;
}

bool sw_session_in_doubt(const struct sw_conn *conn, const struct sw_session *s)
{
    const struct left of = {&s->peer, {s->above.serials, s->above.len}, s->root, s->until};

    return s->has_peer && doubt(conn->cfg, &of) != SW_OK;
}

enum sw_err sw_config_doubts(const struct sw_config *cfg, const struct sw_conn *conn)
{
    const struct left of = {&conn->peer, conn->above, conn->root, conn->until};

    return conn->peer_has_cert ? doubt(cfg, &of) : SW_OK;
}
