#include "apps/store/owner.h"
#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Give up all rights of root but that to read and to search; root in a container may not have that one either. */
static bool keep_reading(void)
{
    struct __user_cap_header_struct head = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct rights[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(SYS_capget, &head, rights))
        return false;
    for (size_t i = 0; i < _LINUX_CAPABILITY_U32S_3; i++) {
        rights[i].permitted &= i == CAP_TO_INDEX(CAP_DAC_READ_SEARCH) ? CAP_TO_MASK(CAP_DAC_READ_SEARCH) : 0;
        rights[i].effective = rights[i].permitted;
        rights[i].inheritable = 0;
    }
    return syscall(SYS_capset, &head, rights) == 0;
}

int owner_become(const struct app *app, const char *dir)
{
    struct stat st;
    if (geteuid() != 0 || stat(dir, &st) || st.st_uid == 0)
        return APP_DONE;
    if (prctl(PR_SET_KEEPCAPS, 1) || setgroups(0, NULL) || setresgid(st.st_gid, st.st_gid, st.st_gid) ||
        setresuid(st.st_uid, st.st_uid, st.st_uid) || !keep_reading())
        return app_error(app, APP_SYSTEM, "%s: cannot work as its owner: %s", dir, strerror(errno));
    return APP_DONE;
}
