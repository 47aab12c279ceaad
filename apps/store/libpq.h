/*
 * What the store uses of libpq. It maps two more TLS stacks into the process, so it is loaded when a store names it and
 * not before; what is used of it is declared here, and no header of it is needed to build.
 */
#ifndef SW_APPS_STORE_LIBPQ_H
#define SW_APPS_STORE_LIBPQ_H

#include <stdbool.h>
#include <stddef.h>

struct pg_conn;
struct pg_result;
struct pg_notice {
    char *channel;
    int pid;
    char *text;
};
enum { CONNECTED = 0, DONE_WITHOUT_ROWS = 1, DONE_WITH_ROWS = 2, TYPE_BYTEA = 17, TYPE_INT8 = 20, TYPE_INT4 = 23 };

/* clang-format off */
#define LIBPQ(X)                                                                                                       \
    X(struct pg_conn *, PQconnectdbParams, (const char *const *, const char *const *, int))                            \
    X(void, PQfinish, (struct pg_conn *))                                                                              \
    X(int, PQstatus, (const struct pg_conn *))                                                                         \
    X(char *, PQerrorMessage, (const struct pg_conn *))                                                                \
    X(int, PQsocket, (const struct pg_conn *))                                                                         \
    X(int, PQbackendPID, (const struct pg_conn *))                                                                     \
    X(int, PQconsumeInput, (struct pg_conn *))                                                                         \
    X(struct pg_notice *, PQnotifies, (struct pg_conn *))                                                              \
    X(void *, PQsetNoticeProcessor, (struct pg_conn *, void (*)(void *, const char *), void *))                        \
    X(void, PQfreemem, (void *))                                                                                       \
    X(struct pg_result *, PQexec, (struct pg_conn *, const char *))                                                    \
    X(struct pg_result *, PQprepare, (struct pg_conn *, const char *, const char *, int, const unsigned *))            \
    X(struct pg_result *, PQexecPrepared, (struct pg_conn *, const char *, int, const char *const *, const int *, const int *, int)) \
    X(struct pg_result *, PQexecParams, (struct pg_conn *, const char *, int, const unsigned *, const char *const *, const int *, const int *, int)) \
    X(int, PQresultStatus, (const struct pg_result *))                                                                 \
    X(char *, PQresultErrorField, (const struct pg_result *, int))                                                     \
    X(char *, PQcmdStatus, (struct pg_result *))                                                                       \
    X(int, PQntuples, (const struct pg_result *))                                                                      \
    X(unsigned, PQftype, (const struct pg_result *, int))                                                              \
    X(int, PQgetisnull, (const struct pg_result *, int, int))                                                          \
    X(char *, PQgetvalue, (const struct pg_result *, int, int))                                                        \
    X(int, PQgetlength, (const struct pg_result *, int, int))                                                          \
    X(void, PQclear, (struct pg_result *))
/* clang-format on */

#define LIBPQ_POINTER(type, name, arguments) extern type(*name) arguments;
LIBPQ(LIBPQ_POINTER)

/*
 * libpq_load: find the library, and all of the above in it; true at once if that is done. false: why says what is
 * missing.
 */
bool libpq_load(char *why, size_t cap);

#endif
