/*
 * --pcap: what goes over the wire, as a capture (pcapng, draft-ietf-opsawg-pcapng) that Wireshark opens, with the
 * secrets inside where they may be known, so that it opens decrypted. The bytes of TLS are the real ones, in the order
 * in which they left and came; the TCP around them is made up: no packet is lost here, nor sent again.
 */
#ifndef SW_APPS_TLS_PCAP_H
#define SW_APPS_TLS_PCAP_H

#include "apps/net/link.h"

struct pcap;

/*
 * pcap_open: the file of --pcap, mode 0600, in place of one that is there; *out is NULL without that option. Secrets of
 * cfg's connections go there and to SSLKEYLOGFILE, as far as keylog.h lets them be known; a warning says so. cfg may be
 * used until pcap_close. Returns an exit code; said.
 */
int pcap_open(const struct app *app, struct sw_config *cfg, enum sw_role role, struct pcap **out);
void pcap_close(struct pcap *pcap);

/*
 * pcap_watch: write what goes over link from now on; pcap may be NULL. role: ours. A link forgets it when it is closed.
 */
void pcap_watch(struct pcap *pcap, struct link *link, enum sw_role role);

#endif
