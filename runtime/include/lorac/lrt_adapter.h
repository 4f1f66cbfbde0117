/* lrt_adapter: the kinds of adapters and the roles of the tensors that they train, as enums and as a table. To add a
 * kind, add a row to lrt_adapters.def. */
#ifndef LRT_ADAPTER_H
#define LRT_ADAPTER_H
#ifdef __cplusplus
extern "C" {
#endif

enum lrt_initial { /* the initial value of a trained tensor, or of a weight that is not in the file */
                   LRT_INITIAL_ZEROS,
                   LRT_INITIAL_ONES,
                   LRT_INITIAL_NORMAL,  /* mean 0, deviation 0.02 */
                   LRT_INITIAL_UNIFORM, /* from -1/sqrt(columns) to 1/sqrt(columns) */
                   LRT_INITIAL_BASE     /* the weight's own value */
};

enum lrt_form {                  /* the shape of a trained tensor in PEFT's files */
                LRT_FORM_ALIKE,  /* its own */
                LRT_FORM_COLUMN, /* [n, 1] of a vector of n */
                LRT_FORM_ROW     /* [1, n] */
};

#define LRT_ROLE(...)
#define LRT_ADAPTER(KIND, ...) LRT_ADAPTER_##KIND,
enum lrt_adapter {
#include <lorac/lrt_adapters.def>
    LRT_ADAPTERS
};
#undef LRT_ADAPTER
#undef LRT_ROLE

#define LRT_ADAPTER(...)
#define LRT_ROLE(ROLE, ...) LRT_ROLE_##ROLE,
enum lrt_role {
#include <lorac/lrt_adapters.def>
    LRT_ROLES
};
#undef LRT_ADAPTER
#undef LRT_ROLE

/* The columns of lrt_adapters.def. */
struct lrt_adapter_row {
    const char *name;
    int on_linear;
};
struct lrt_role_row {
    enum lrt_adapter adapter;
    const char *name;
    enum lrt_initial initial;
    int second, by_rows;
    enum lrt_form form;
    const char *peft, *peft_embedding;
    int in_gguf;
};

static inline const struct lrt_adapter_row *lrt_adapter_info(enum lrt_adapter adapter) {
#define LRT_ROLE(...)
#define LRT_ADAPTER(KIND, name, on_linear) {#name, on_linear},
    static const struct lrt_adapter_row rows[] = {
#include <lorac/lrt_adapters.def>
    };
#undef LRT_ADAPTER
#undef LRT_ROLE
    return &rows[adapter];
}

static inline const struct lrt_role_row *lrt_role_info(enum lrt_role role) {
#define LRT_ADAPTER(...)
#define LRT_ROLE(ROLE, KIND, name, initial, second, by_rows, form, peft, peft_embedding, in_gguf)                      \
    {LRT_ADAPTER_##KIND, name, LRT_INITIAL_##initial, second, by_rows, LRT_FORM_##form, peft, peft_embedding, in_gguf},
    static const struct lrt_role_row rows[] = {
#include <lorac/lrt_adapters.def>
    };
#undef LRT_ADAPTER
#undef LRT_ROLE
    return &rows[role];
}

#ifdef __cplusplus
}
#endif
#endif
