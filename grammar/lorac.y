/* Grammar of .lora: tokens become the tree of compiler/front/ast.h. Actions only call constructors; compiler/model checks the meaning. */
%require "3.8"
%define api.pure full
%define api.prefix {lora_parse_}
%define api.token.prefix {TOKEN_}
%define api.location.type {struct span}
%define parse.error custom
%define parse.lac full
%expect 0
%param {struct parser *p}

%code requires {
#include "compiler/front/ast_build.h"
#include "compiler/front/scan.h"
}

%code provides {
#ifndef YYSTYPE
#define YYSTYPE LORA_PARSE_STYPE
#define YYLTYPE struct span
#endif
int scan_next(YYSTYPE *value, struct span *span, struct parser *p);
}

%code {
#include <string.h>

#include "compiler/base/diag.h"
#include "compiler/base/text.h"

#define lora_parse_lex(value, span, p) scan_next(value, span, p)
#define YYLLOC_DEFAULT(current, rhs, n)                                                                  \
    ((current) = (n) ? span_join(YYRHSLOC(rhs, 1), YYRHSLOC(rhs, n))                                      \
                     : (struct span){YYRHSLOC(rhs, 0).source, YYRHSLOC(rhs, 0).last, YYRHSLOC(rhs, 0).last})

static void lora_parse_error(const struct span *at, struct parser *p, const char *message);
static const struct ast_word absent = {0};
}

%union {
    double number;
    struct ast_word word;
    struct expr *expr;
    struct expr_named *argument;
    struct ast_list *list;
    struct ast_item *item;
    struct ast_pattern *pattern;
    struct ast_setting *setting;
}

%token START_FILE START_VALUE
%token END 0 "end of file" NEWLINE "end of line"
%token MODEL "'model'" DIM "'dim'" CONST "'const'" INPUT "'input'" WEIGHT "'weight'" BLOCK "'block'" FOR "'for'" IN "'in'"
%token EACH "'each'" IF "'if'" RETURN "'return'" INCLUDE "'include'" ADAPT "'adapt'" WITH "'with'" TRAIN "'train'"
%token <word> NAME "a name" STRING "a string"
%token <number> NUMBER "a number"
%token RANGE "'..'" DEFAULT "'?='" EQUAL "'=='" NOT_EQUAL "'!='" LESS_EQUAL "'<='" GREATER_EQUAL "'>='" AND "'&&'" OR "'||'"

%right '?' ':'
%left OR
%left AND
%nonassoc EQUAL NOT_EQUAL
%nonassoc '<' '>' LESS_EQUAL GREATER_EQUAL
%left '+' '-'
%left '*' '/' '%'
%precedence SIGN

%type <list> items item dims dim consts const body body_item exprs params param_list arguments argument_list names patterns members
%type <list> file_names settings input_settings
%type <item> weight assign range range_opt
%type <expr> expr number each_opt if_opt
%type <argument> argument
%type <pattern> pattern
%type <setting> setting value

%%

start:
    START_FILE items           { p->items = $items; }
  | START_VALUE value NEWLINE  { p->setting = $value; }
  ;

/* ---- a file ---- */

items:
    %empty      { $$ = NULL; }
  | items item  { $$ = list_join(p, $1, $item); }
  ;

item:
    MODEL NAME NEWLINE           { $$ = list_add(p, NULL, build_item(p, ITEM_MODEL, $NAME, @NAME)); }
  | INCLUDE STRING NEWLINE       { $$ = list_add(p, NULL, build_item(p, ITEM_INCLUDE, $STRING, @STRING)); }
  | DIM dims NEWLINE             { $$ = $dims; }
  | CONST consts NEWLINE         { $$ = $consts; }
  | INPUT NAME '[' exprs ']' ':' expr input_settings NEWLINE
                                 { $$ = list_add(p, NULL, build_input(p, $NAME, $exprs, $expr, $input_settings, @NAME)); }
  | weight NEWLINE               { $$ = list_add(p, NULL, $weight); }
  | BLOCK NAME '(' params ')' range_opt '{' body '}' NEWLINE
                                 { $$ = list_add(p, NULL, build_block(p, $NAME, $params, $range_opt, $body, @NAME)); }
  | assign NEWLINE               { $$ = list_add(p, NULL, $assign); }
  | RETURN expr NEWLINE          { $$ = list_add(p, NULL, build_return(p, $expr, @1)); }
  | ADAPT patterns WITH expr NEWLINE
                                 { $$ = list_add(p, NULL, build_adapt(p, $patterns, $expr, span_join(@1, @expr))); }
  | TRAIN '{' settings '}' NEWLINE
                                 { $$ = list_add(p, NULL, build_train(p, $settings, @TRAIN)); }
  | BLOCK error '{' body '}' NEWLINE  { yyerrok; $$ = NULL; }
  | error NEWLINE                { yyerrok; $$ = NULL; }
  ;

dims:
    dim
  | dims ',' dim  { $$ = list_join(p, $1, $3); }
  ;

dim:
    NAME '=' expr      { $$ = list_add(p, NULL, build_value(p, ITEM_DIM, $NAME, $expr, @NAME)); }
  | NAME DEFAULT expr  { $$ = list_add(p, NULL, build_default(p, ITEM_DIM, $NAME, $expr, @NAME)); }
  ;

consts:
    const
  | consts ',' const  { $$ = list_join(p, $1, $3); }
  ;

const:
    NAME '=' expr      { $$ = list_add(p, NULL, build_value(p, ITEM_CONST, $NAME, $expr, @NAME)); }
  | NAME DEFAULT expr  { $$ = list_add(p, NULL, build_default(p, ITEM_CONST, $NAME, $expr, @NAME)); }
  ;

input_settings:
    %empty                       { $$ = NULL; }
  | input_settings ',' NAME expr { $$ = list_add(p, $1, build_setting(p, $NAME, $expr, absent, span_join(@NAME, @expr))); }
  ;

weight:
    WEIGHT NAME '[' exprs ']' if_opt file_names  { $$ = build_weight(p, $NAME, $exprs, $if_opt, $file_names, @NAME); }
  ;

if_opt:
    %empty   { $$ = NULL; }
  | IF expr  { $$ = $expr; }
  ;

file_names:
    %empty                  { $$ = NULL; }
  | file_names NAME STRING  { $$ = list_add(p, $1, build_file_name(p, $NAME, $STRING)); }
  ;

/* ---- blocks ---- */

params:
    %empty      { $$ = NULL; }
  | param_list
  ;

param_list:
    NAME                 { $$ = list_add(p, NULL, build_word(p, $NAME)); }
  | param_list ',' NAME  { $$ = list_add(p, $1, build_word(p, $NAME)); }
  ;

range_opt:
    %empty  { $$ = NULL; }
  | range
  ;

range:
    FOR NAME IN expr[from] RANGE expr[to] each_opt  { $$ = build_range(p, $NAME, $from, $to, $each_opt, @$); }
  ;

each_opt:
    %empty     { $$ = NULL; }
  | EACH expr  { $$ = $expr; }
  ;

body:
    %empty          { $$ = NULL; }
  | body body_item  { $$ = list_join(p, $1, $body_item); }
  ;

body_item:
    weight NEWLINE       { $$ = list_add(p, NULL, $weight); }
  | assign NEWLINE       { $$ = list_add(p, NULL, $assign); }
  | RETURN expr NEWLINE  { $$ = list_add(p, NULL, build_return(p, $expr, @1)); }
  | error NEWLINE        { yyerrok; $$ = NULL; }
  ;

assign:
    names '=' expr  { $$ = build_assign(p, $names, $expr, @$); }
  ;

names:
    NAME            { $$ = list_add(p, NULL, build_word(p, $NAME)); }
  | names ',' NAME  { $$ = list_add(p, $1, build_word(p, $NAME)); }
  ;

/* ---- adapting and training ---- */

patterns:
    pattern               { $$ = list_add(p, NULL, $pattern); }
  | patterns ',' pattern  { $$ = list_add(p, $1, $pattern); }
  ;

pattern:
    '*'               { $$ = build_pattern(p, absent, NULL, NULL, NULL, @$); }
  | NAME              { $$ = build_pattern(p, absent, NULL, NULL, list_add(p, NULL, build_word(p, $NAME)), @$); }
  | NAME '.' members  { $$ = build_pattern(p, $NAME, NULL, NULL, $members, @$); }
  | NAME '[' expr[from] RANGE expr[to] ']' '.' members
                      { $$ = build_pattern(p, $NAME, $from, $to, $members, @$); }
  ;

members:
    '*'            { $$ = NULL; }
  | NAME           { $$ = list_add(p, NULL, build_word(p, $NAME)); }
  | '{' names '}'  { $$ = $names; }
  ;

settings:
    %empty                   { $$ = NULL; }
  | settings setting         { $$ = list_add(p, $1, $setting); }
  ;

setting:
    NAME value NEWLINE  { $$ = build_setting(p, $1, $2->value, $2->unit, span_join(@1, @2)); }
  | error NEWLINE       { yyerrok; $$ = NULL; }
  ;

value:
    expr         { $$ = build_setting(p, absent, $expr, absent, @$); }
  | number NAME  { $$ = build_setting(p, absent, $number, $NAME, @$); }
  ;

/* ---- expressions ---- */

expr:
    number
  | NAME                         { $$ = build_name(p, $NAME); }
  | NAME '(' arguments ')'       { $$ = build_call(p, $NAME, $arguments, @$); }
  | '(' expr ')'                 { $$ = $2; }
  | '(' expr ',' exprs ')'       { $$ = build_tuple(p, list_join(p, list_add(p, NULL, $2), $exprs), @$); }
  | '-' expr %prec SIGN          { $$ = build_unary(p, OPERATOR_SUB, $2, @$); }
  | '!' expr %prec SIGN          { $$ = build_unary(p, OPERATOR_NOT, $2, @$); }
  | expr '+' expr                { $$ = build_binary(p, OPERATOR_ADD, $1, $3, @$); }
  | expr '-' expr                { $$ = build_binary(p, OPERATOR_SUB, $1, $3, @$); }
  | expr '*' expr                { $$ = build_binary(p, OPERATOR_MUL, $1, $3, @$); }
  | expr '/' expr                { $$ = build_binary(p, OPERATOR_DIV, $1, $3, @$); }
  | expr '%' expr                { $$ = build_binary(p, OPERATOR_MOD, $1, $3, @$); }
  | expr '<' expr                { $$ = build_binary(p, OPERATOR_LESS, $1, $3, @$); }
  | expr '>' expr                { $$ = build_binary(p, OPERATOR_GREATER, $1, $3, @$); }
  | expr LESS_EQUAL expr         { $$ = build_binary(p, OPERATOR_LESS_EQUAL, $1, $3, @$); }
  | expr GREATER_EQUAL expr      { $$ = build_binary(p, OPERATOR_GREATER_EQUAL, $1, $3, @$); }
  | expr EQUAL expr              { $$ = build_binary(p, OPERATOR_EQUAL, $1, $3, @$); }
  | expr NOT_EQUAL expr          { $$ = build_binary(p, OPERATOR_NOT_EQUAL, $1, $3, @$); }
  | expr AND expr                { $$ = build_binary(p, OPERATOR_AND, $1, $3, @$); }
  | expr OR expr                 { $$ = build_binary(p, OPERATOR_OR, $1, $3, @$); }
  | expr '?' expr ':' expr       { $$ = build_conditional(p, $1, $3, $5, @$); }
  ;

number:
    NUMBER  { $$ = build_number(p, $NUMBER, @$); }
  ;

exprs:
    expr            { $$ = list_add(p, NULL, $expr); }
  | exprs ',' expr  { $$ = list_add(p, $1, $expr); }
  ;

arguments:
    %empty         { $$ = NULL; }
  | argument_list
  ;

argument_list:
    argument                    { $$ = list_add(p, NULL, $argument); }
  | argument_list ',' argument  { $$ = list_add(p, $1, $argument); }
  ;

argument:
    expr           { $$ = build_argument(p, absent, $expr); }
  | NAME ':' expr  { $$ = build_argument(p, $NAME, $expr); }
  ;

%%

/* Bison itself calls this only when its stack cannot grow. */
static void lora_parse_error(const struct span *at, struct parser *p, const char *message) {
    diag_report(p->diagnostics, DIAG_E0121, *at, "nested too deeply (%s)", message);
}

/* Whether a token only continues or begins an expression. Messages name all such tokens by one word. */
static int is_operator(yysymbol_kind_t s) {
    switch (s) {
    case YYSYMBOL_RANGE: return 0;
    case YYSYMBOL_EQUAL: case YYSYMBOL_NOT_EQUAL: case YYSYMBOL_LESS_EQUAL: case YYSYMBOL_GREATER_EQUAL:
    case YYSYMBOL_AND: case YYSYMBOL_OR: return 1;
    default: {
        const char *name = yysymbol_name(s);
        return name[0] == '\'' && name[1] && name[2] == '\'' && strchr("+-*/%<>?", name[1]) != NULL;
    }
    }
}

/* The tokens allowed here, as "a, b or c"; "" when there are too many to list. */
static void describe_expected(const yypcontext_t *context, struct text *list) {
    yysymbol_kind_t expected[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, expected, YYNTOKENS), n_words = 0, number = 0;
    for (int i = 0; i < n; i++) number = number || expected[i] == YYSYMBOL_NUMBER;
    const char *words[YYNTOKENS + 1];
    if (number) words[n_words++] = "an expression";
    for (int i = 0; i < n; i++) {
        const char *name = yysymbol_name(expected[i]);
        int in_expression = expected[i] == YYSYMBOL_NUMBER || expected[i] == YYSYMBOL_NAME || !strcmp(name, "'('") || !strcmp(name, "'!'");
        if (is_operator(expected[i]) || (number && in_expression)) continue;
        words[n_words++] = name;
    }
    enum { WORDS_MAX = 5 };  /* a longer list does not help */
    for (int i = 0; n_words <= WORDS_MAX && i < n_words; i++)
        text_print(list, "%s%s", i == 0 ? "" : i + 1 < n_words ? ", " : " or ", words[i]);
}

static int yyreport_syntax_error(const yypcontext_t *context, struct parser *p) {
    struct text expected = {0};
    describe_expected(context, &expected);
    yysymbol_kind_t found = yypcontext_token(context);
    scan_report_unexpected(p, *yypcontext_location(context), found == YYSYMBOL_YYEMPTY ? NULL : yysymbol_name(found),
                           expected.length ? expected.bytes : "");
    text_free(&expected);
    return 0;
}
