/*-------------------------------------------------------------------------
 *
 * rule.c
 *		A rule: a row of fkfix.policy, checked and understood.
 *
 * The trigger that normalises rules as they are written stands beside the code
 * that reads them, because it must accept exactly what the reader can read.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "commands/trigger.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/rel.h"

#include "rule.h"

static const struct
{
	const char *name;
	Oid			type;
}			policy_columns[POLICY_NCOLUMNS] = {
	{"id", INT8OID},
	{"referencing", TEXTOID},
	{"columns", TEXTARRAYOID},
	{"referenced", TEXTOID},
	{"constraint_name", TEXTOID},
	{"nullable", BOOLOID},
	{"on_delete", TEXTOID},
	{"on_update", TEXTOID},
	{"enforcement", TEXTOID},
	{"priority", INT4OID},
	{"reason", TEXTOID},
};

static const struct
{
	const char *name;
	Enforcement mode;
}			rule_modes[] = {
	{"off", ENFORCE_OFF},
	{"warn", ENFORCE_WARN},
	{"error", ENFORCE_ERROR},
	{"fix", ENFORCE_FIX},
};

static char *text_or_null(const Datum *values, const bool *nulls,
						  enum PolicyColumn column);
static bool same_actions(List *a, List *b, List *key_columns);
static TablePattern *parse_table(const Datum *values, const bool *nulls,
								 enum PolicyColumn column);
static List *parse_columns(Datum value);
static uint32 rank_of(const Rule *rule);
static Specificity columns_specificity(List *columns);
static void add_rule_context(void *arg);
static void store_text(Datum *values, bool *nulls, AttrNumber attnum,
					   const char *text);

PG_FUNCTION_INFO_V1(fkfix_normalize_rule);

/*
 * Fills "attnums" (of POLICY_NCOLUMNS) with the numbers of the columns of
 * fkfix.policy; raises an error if one is missing or of another type.
 */
void
fkfix_rule_find_columns(Relation rel, AttrNumber *attnums)
{
	for (int i = 0; i < POLICY_NCOLUMNS; i++)
		attnums[i] = fkfix_extension_column(rel, policy_columns[i].name, policy_columns[i].type);
}

/*
 * Returns the rule that the values of a row make, in the current memory context;
 * raises an error if they make none.
 */
Rule *
fkfix_rule_form(const Datum *values, const bool *nulls)
{
	Rule	   *rule = palloc0(sizeof(Rule));
	const char *text;
	ErrorContextCallback context = {error_context_stack, add_rule_context, &rule->id};

	rule->id = nulls[POLICY_ID] ? 0 : DatumGetInt64(values[POLICY_ID]);
	error_context_stack = &context;

	rule->referencing = parse_table(values, nulls, POLICY_REFERENCING);
	rule->referenced = parse_table(values, nulls, POLICY_REFERENCED);
	if (!nulls[POLICY_COLUMNS])
		rule->columns = parse_columns(values[POLICY_COLUMNS]);
	if ((text = text_or_null(values, nulls, POLICY_CONSTRAINT_NAME)) != NULL)
		rule->constraint_name = fkfix_pattern_parse_name("constraint_name", text);
	if (!nulls[POLICY_NULLABLE])
		rule->nullability = DatumGetBool(values[POLICY_NULLABLE]) ?
			NULLABLE_ALL : NULLABLE_NOT_ALL;
	if ((text = text_or_null(values, nulls, POLICY_ON_DELETE)) != NULL)
		rule->on_delete = fkfix_action_parse_list(text, true);
	if ((text = text_or_null(values, nulls, POLICY_ON_UPDATE)) != NULL)
		rule->on_update = fkfix_action_parse_list(text, false);
	rule->enforcement = fkfix_rule_parse_mode(text_or_null(values, nulls, POLICY_ENFORCEMENT));
	rule->priority = nulls[POLICY_PRIORITY] ? 0 : DatumGetInt32(values[POLICY_PRIORITY]);
	rule->reason = text_or_null(values, nulls, POLICY_REASON);
	rule->rank = rank_of(rule);

	error_context_stack = context.previous;
	return rule;
}

/*
 * Returns the mode that a text names, in any letter case; raises an error if it
 * is NULL or names none.
 */
Enforcement
fkfix_rule_parse_mode(const char *text)
{
	if (text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_NOT_NULL_VIOLATION),
				 errmsg("\"%s\" must not be null", "enforcement"),
				 errhint("Allowed are off, warn, error and fix.")));
	for (int i = 0; i < lengthof(rule_modes); i++)
	{
		if (pg_strcasecmp(text, rule_modes[i].name) == 0)
			return rule_modes[i].mode;
	}
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("invalid enforcement: \"%s\"", text),
			 errhint("Allowed are off, warn, error and fix.")));
}

/*
 * Returns the name of a rule's mode.
 */
const char *
fkfix_rule_mode_name(Enforcement mode)
{
	for (int i = 0; i < lengthof(rule_modes); i++)
	{
		if (rule_modes[i].mode == mode)
			return rule_modes[i].name;
	}
	elog(ERROR, "unrecognized enforcement mode: %d", (int) mode);
}

/*
 * Do two rules ask the same of a key with these columns?
 */
bool
fkfix_rule_same_demand(const Rule *a, const Rule *b, List *key_columns)
{
	return same_actions(a->on_delete, b->on_delete, key_columns) &&
		same_actions(a->on_update, b->on_update, key_columns);
}

/*
 * Does a rule exempt what it matches?
 */
bool
fkfix_rule_is_exemption(const Rule *rule)
{
	return rule->on_delete == NIL && rule->on_update == NIL;
}

/*
 * fkfix.normalize_rule()
 *
 * BEFORE row trigger of fkfix.policy: stores actions and enforcement in their
 * canonical spelling and refuses what is no rule.
 */
Datum
fkfix_normalize_rule(PG_FUNCTION_ARGS)
{
	TriggerData *trigdata = (TriggerData *) fcinfo->context;
	Relation	rel;
	TupleDesc	desc;
	HeapTuple	tuple;
	AttrNumber	attnums[POLICY_NCOLUMNS];
	Datum		values[POLICY_NCOLUMNS];
	bool		nulls[POLICY_NCOLUMNS];
	Datum	   *stored;
	bool	   *stored_nulls;
	Rule	   *rule;

	if (!CALLED_AS_TRIGGER(fcinfo) || !TRIGGER_FIRED_BEFORE(trigdata->tg_event) ||
		!TRIGGER_FIRED_FOR_ROW(trigdata->tg_event) ||
		TRIGGER_FIRED_BY_DELETE(trigdata->tg_event))
		ereport(ERROR,
				(errcode(ERRCODE_E_R_I_E_TRIGGER_PROTOCOL_VIOLATED),
				 errmsg("function \"%s\" must be fired as BEFORE INSERT or UPDATE row trigger",
						"normalize_rule")));

	rel = trigdata->tg_relation;
	desc = RelationGetDescr(rel);
	tuple = TRIGGER_FIRED_BY_UPDATE(trigdata->tg_event) ?
		trigdata->tg_newtuple : trigdata->tg_trigtuple;

	stored = palloc(desc->natts * sizeof(Datum));
	stored_nulls = palloc(desc->natts * sizeof(bool));
	heap_deform_tuple(tuple, desc, stored, stored_nulls);
	fkfix_rule_find_columns(rel, attnums);
	for (int i = 0; i < POLICY_NCOLUMNS; i++)
	{
		values[i] = stored[attnums[i] - 1];
		nulls[i] = stored_nulls[attnums[i] - 1];
	}

	rule = fkfix_rule_form(values, nulls);
	if (rule->on_delete != NIL)
		store_text(stored, stored_nulls, attnums[POLICY_ON_DELETE],
				   fkfix_action_list_text(rule->on_delete));
	if (rule->on_update != NIL)
		store_text(stored, stored_nulls, attnums[POLICY_ON_UPDATE],
				   fkfix_action_list_text(rule->on_update));
	store_text(stored, stored_nulls, attnums[POLICY_ENFORCEMENT],
			   fkfix_rule_mode_name(rule->enforcement));
	return PointerGetDatum(heap_form_tuple(desc, stored, stored_nulls));
}

static char *
text_or_null(const Datum *values, const bool *nulls, enum PolicyColumn column)
{
	return nulls[column] ? NULL : TextDatumGetCString(values[column]);
}

static TablePattern *
parse_table(const Datum *values, const bool *nulls, enum PolicyColumn column)
{
	const char *text = text_or_null(values, nulls, column);

	return text == NULL ? NULL :
		fkfix_pattern_parse_table(policy_columns[column].name, text);
}

static List *
parse_columns(Datum value)
{
	ArrayType  *array = DatumGetArrayTypeP(value);
	Datum	   *elements;
	int			count;
	List	   *columns = NIL;

	if (ARR_NDIM(array) != 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("\"%s\" must be a one-dimensional array of name patterns without NULLs",
						"columns"),
				 errhint("Give one pattern per column of the key, in the key's order, as in {author_id}; NULL instead of an array stands for any columns.")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT,
					  &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		columns = lappend(columns,
						  fkfix_pattern_parse_name("columns",
												   TextDatumGetCString(elements[i])));
	return columns;
}

/*
 * A rule's rank: how many of its four conditions are literal, then how many have
 * a wildcard, then the same for the schemas, each in a byte of its own.
 */
static uint32
rank_of(const Rule *rule)
{
	Specificity parts[4] = {
		rule->referencing ? rule->referencing->name.specificity : SPECIFIC_NOT,
		rule->referenced ? rule->referenced->name.specificity : SPECIFIC_NOT,
		columns_specificity(rule->columns),
		rule->constraint_name ? rule->constraint_name->specificity : SPECIFIC_NOT
	};
	Specificity schemas[2] = {
		rule->referencing ? rule->referencing->schema.specificity : SPECIFIC_NOT,
		rule->referenced ? rule->referenced->schema.specificity : SPECIFIC_NOT
	};
	uint32		rank = rule->nullability == NULLABLE_EITHER ? 0 : 1;

	for (int i = 0; i < lengthof(parts); i++)
	{
		if (parts[i] == SPECIFIC_LITERAL)
			rank += 1 << 24;
		else if (parts[i] == SPECIFIC_WILDCARD)
			rank += 1 << 16;
	}
	for (int i = 0; i < lengthof(schemas); i++)
	{
		if (schemas[i] == SPECIFIC_LITERAL)
			rank += 1 << 8;
		else if (schemas[i] == SPECIFIC_WILDCARD)
			rank += 1;
	}
	return rank;
}

/*
 * A column list is literal if all its names are.  One of nothing but * still
 * says how many columns the key has, which is as much as a wildcard says.
 */
static Specificity
columns_specificity(List *columns)
{
	ListCell   *lc;

	if (columns == NIL)
		return SPECIFIC_NOT;
	foreach(lc, columns)
	{
		if (((NamePattern *) lfirst(lc))->specificity != SPECIFIC_LITERAL)
			return SPECIFIC_WILDCARD;
	}
	return SPECIFIC_LITERAL;
}

static void
add_rule_context(void *arg)
{
	errcontext("rule " INT64_FORMAT " of table \"%s\"", *(int64 *) arg, "fkfix.policy");
}

static void
store_text(Datum *values, bool *nulls, AttrNumber attnum, const char *text)
{
	values[attnum - 1] = CStringGetTextDatum(text);
	nulls[attnum - 1] = false;
}

/* Do two lists accept the same actions, and prefer the same one? */
static bool
same_actions(List *a, List *b, List *key_columns)
{
	ListCell   *la;
	ListCell   *lb;

	if (list_length(a) != list_length(b))
		return false;
	forboth(la, a, lb, b)
	{
		if (!fkfix_action_equal(lfirst(la), lfirst(lb), key_columns))
			return false;
	}
	return true;
}
