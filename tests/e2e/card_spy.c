/*
 * A PKCS#11 module for card.sh that stands before the one that $SPY_MODULE names: writes down each login and each
 * operation in $SPY_LOG, and makes the card what the file $SPY_STATE says, a word a line:
 *   low final locked   the state of the PIN
 *   pulled             there is no card
 *   leaves             the card is pulled out at the next operation, and stays away
 *   once               the card is pulled out for the next operation alone: the word goes with it
 *   no-pss no-raw      it cannot sign with PSS, or work without padding
 */
#include <dlfcn.h>
#include <p11-kit/pkcs11.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static CK_FUNCTION_LIST mine, *real;

static void note(const char *word)
{
    FILE *log = fopen(getenv("SPY_LOG"), "a");
    if (!log)
        return;
    fprintf(log, "%s\n", word);
    fclose(log);
}

static bool state(const char *word)
{
    char line[64];
    bool found = false;
    FILE *file = fopen(getenv("SPY_STATE"), "r");
    while (file && !found && fgets(line, sizeof line, file)) {
        line[strcspn(line, "\n")] = 0;
        found = strcmp(line, word) == 0;
    }
    if (file)
        fclose(file);
    return found;
}

static bool pulled(void)
{
    if (state("leaves")) {
        FILE *file = fopen(getenv("SPY_STATE"), "w");
        fprintf(file, "pulled\n");
        fclose(file);
    }
    if (state("pulled"))
        return true;
    if (!state("once"))
        return false;
    unlink(getenv("SPY_STATE"));
    return true;
}

static CK_RV get_slot_list(CK_BBOOL present, CK_SLOT_ID *list, CK_ULONG *count)
{
    if (!state("pulled"))
        return real->C_GetSlotList(present, list, count);
    *count = 0;
    return CKR_OK;
}

static CK_RV get_token_info(CK_SLOT_ID slot, CK_TOKEN_INFO *info)
{
    CK_RV rv = state("pulled") ? CKR_TOKEN_NOT_PRESENT : real->C_GetTokenInfo(slot, info);
    if (rv != CKR_OK)
        return rv;
    info->flags |= (state("low") ? CKF_USER_PIN_COUNT_LOW : 0) | (state("final") ? CKF_USER_PIN_FINAL_TRY : 0) |
                   (state("locked") ? CKF_USER_PIN_LOCKED : 0);
    return CKR_OK;
}

static CK_RV get_mechanism_info(CK_SLOT_ID slot, CK_MECHANISM_TYPE type, CK_MECHANISM_INFO *info)
{
    if ((type == CKM_RSA_PKCS_PSS && state("no-pss")) || (type == CKM_RSA_X_509 && state("no-raw")))
        return CKR_MECHANISM_INVALID;
    return real->C_GetMechanismInfo(slot, type, info);
}

static CK_RV login(CK_SESSION_HANDLE session, CK_USER_TYPE user, CK_UTF8CHAR *pin, CK_ULONG len)
{
    note("login");
    return real->C_Login(session, user, pin, len);
}

static CK_RV sign_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    if (pulled())
        return CKR_DEVICE_REMOVED;
    note(mechanism->mechanism == CKM_RSA_X_509      ? "sign raw"
         : mechanism->mechanism == CKM_RSA_PKCS_PSS ? "sign pss"
                                                    : "sign");
    return real->C_SignInit(session, mechanism, key);
}

static CK_RV decrypt_init(CK_SESSION_HANDLE session, CK_MECHANISM *mechanism, CK_OBJECT_HANDLE key)
{
    if (pulled())
        return CKR_DEVICE_REMOVED;
    note(mechanism->mechanism == CKM_RSA_X_509 ? "decrypt raw" : "decrypt");
    return real->C_DecryptInit(session, mechanism, key);
}

CK_RV C_GetFunctionList(CK_FUNCTION_LIST **list)
{
    void *lib = dlopen(getenv("SPY_MODULE"), RTLD_NOW | RTLD_LOCAL);
    CK_RV (*get)(CK_FUNCTION_LIST **) = NULL;
    if (lib)
        *(void **)&get = dlsym(lib, "C_GetFunctionList");
    if (!get || get(&real) != CKR_OK)
        return CKR_GENERAL_ERROR;
    mine = *real;
    mine.C_GetFunctionList = C_GetFunctionList;
    mine.C_GetSlotList = get_slot_list;
    mine.C_GetTokenInfo = get_token_info;
    mine.C_GetMechanismInfo = get_mechanism_info;
    mine.C_Login = login;
    mine.C_SignInit = sign_init;
    mine.C_DecryptInit = decrypt_init;
    *list = &mine;
    return CKR_OK;
}
