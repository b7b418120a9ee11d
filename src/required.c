/*-------------------------------------------------------------------------
 *
 * required.c
 *		fkfix_required_actions(): what the policy asks of a key that may not
 *		exist yet.
 *
 * A tool that writes migrations knows a key before the server does.  It says
 * here what it is about to write, in names, and learns what the same rules
 * would ask of the key if it were there.  What is already there fills in what
 * the tool does not say.
 *
 *-------------------------------------------------------------------------
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/namespace.h"
#include "catalog/pg_constraint.h"
#include "catalog/pg_type.h"
#include "commands/dbcommands.h"
#include "funcapi.h"
#include "miscadmin.h"
#include "nodes/parsenodes.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/lsyscache.h"
#include "utils/snapmgr.h"
#include "utils/varlena.h"

#include "args.h"
#include "audit.h"
#include "compat.h"
#include "domain.h"
#include "extension.h"
#include "rulebook.h"

#define REQUIRED_COLUMNS	4

/* Of a database, a schema and a table, in bytes; more than any that is needed. */
#define MAX_NAME_LENGTH	(16 * NAMEDATALEN)

/* The key that a tool asks about. */
typedef struct Inquiry
{
	Reader	   *reader;
	Oid			referencing;	/* InvalidOid: not there yet, and so below */
	Oid			referenced;
	KeyNames	names;
} Inquiry;

static void read_inquiry(FunctionCallInfo fcinfo, Inquiry *inquiry);
static Oid	resolve_table(Reader *reader, text *name, const char **schema,
						  const char **table);
static void check_database(const RangeVar *name);
static const char *creation_schema(void);
static List *parse_columns(ArrayType *array);
static char *truncated(const char *name);
static const char *expected_name(Inquiry *inquiry);
static const char *generated_name(Inquiry *inquiry);
static bool is_between(Inquiry *inquiry, const ForeignKey *fk);
static Nullability present_nullability(Inquiry *inquiry);
static List *find_rules(Inquiry *inquiry);
static const char *judge(Inquiry *inquiry, List *rules);
static bool is_infeasible(Inquiry *inquiry, List *accepted);
static bool sets_other_column(const Action *action, List *key_columns);

PG_FUNCTION_INFO_V1(fkfix_required_actions);

/*
 * fkfix_required_actions(referencing, columns, referenced, constraint_name,
 *						  nullable)
 *
 * Returns one row: the actions that the policy accepts, the rule that says so,
 * and a status.
 */
Datum
fkfix_required_actions(PG_FUNCTION_ARGS)
{
	Inquiry		inquiry = {0};
	List	   *rules;
	const Rule *rule = NULL;
	const char *status;
	TupleDesc	desc;
	Datum		values[REQUIRED_COLUMNS];
	bool		nulls[REQUIRED_COLUMNS] = {0};
	int			i = 0;

	fkfix_extension_check_version();
	if (get_call_result_type(fcinfo, NULL, &desc) != TYPEFUNC_COMPOSITE)
		elog(ERROR, "return type must be a row type");
	read_inquiry(fcinfo, &inquiry);
	rules = find_rules(&inquiry);
	status = judge(&inquiry, rules);
	if (rules != NIL && !fkfix_audit_rules_conflict(rules, inquiry.names.columns))
		rule = linitial(rules);

	values[i] = fkfix_args_text(rule && rule->on_delete ?
								fkfix_action_list_text(rule->on_delete) : NULL, &nulls[i]);
	i++;
	values[i] = fkfix_args_text(rule && rule->on_update ?
								fkfix_action_list_text(rule->on_update) : NULL, &nulls[i]);
	i++;
	nulls[i] = rule == NULL;
	values[i++] = rule ? Int64GetDatum(rule->id) : (Datum) 0;
	values[i++] = CStringGetTextDatum(status);
	PG_RETURN_DATUM(HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(desc), values, nulls)));
}

/* Reads the arguments, and fills in what the catalogs know. */
static void
read_inquiry(FunctionCallInfo fcinfo, Inquiry *inquiry)
{
	KeyNames   *names = &inquiry->names;

	FKFIX_REQUIRE_ARG(0, "referencing");
	FKFIX_REQUIRE_ARG(1, "columns");
	FKFIX_REQUIRE_ARG(2, "referenced");

	inquiry->reader = fkfix_catalog_reader(GetActiveSnapshot());
	inquiry->referencing = resolve_table(inquiry->reader, PG_GETARG_TEXT_PP(0),
										 &names->referencing_schema, &names->referencing);
	names->columns = parse_columns(PG_GETARG_ARRAYTYPE_P(1));
	inquiry->referenced = resolve_table(inquiry->reader, PG_GETARG_TEXT_PP(2),
										&names->referenced_schema, &names->referenced);
	names->constraint_name = PG_ARGISNULL(3) ? expected_name(inquiry) :
		truncated(text_to_cstring(PG_GETARG_TEXT_PP(3)));
	if (PG_ARGISNULL(4))
		names->nullability = present_nullability(inquiry);
	else
		names->nullability = PG_GETARG_BOOL(4) ? NULLABLE_ALL : NULLABLE_NOT_ALL;
}

/*
 * Splits the name of a table, written as in DDL, and returns the table's OID,
 * InvalidOid if there is none.  Without a schema it is looked for as DDL does,
 * and one that is not found is taken to be created where CREATE TABLE would.
 * What it is about is no secret, so no privilege is asked for.
 */
static Oid
resolve_table(Reader *reader, text *name, const char **schema, const char **table)
{
	RangeVar   *parts;
	TableFacts *found;
	Oid			relid;

	/* the server takes quadratic time to split it */
	if (VARSIZE_ANY_EXHDR(name) > MAX_NAME_LENGTH)
		ereport(ERROR,
				(errcode(ERRCODE_NAME_TOO_LONG),
				 errmsg("name of a table is too long")));
	parts = makeRangeVarFromNameList(textToQualifiedNameList(name));
	check_database(parts);
	*table = parts->relname;
	if (parts->schemaname != NULL)
	{
		Oid			namespace = LookupNamespaceNoError(parts->schemaname);

		*schema = parts->schemaname;
		return OidIsValid(namespace) ? get_relname_relid(parts->relname, namespace) : InvalidOid;
	}
	relid = RelnameGetRelid(parts->relname);
	found = !OidIsValid(relid) ? NULL : fkfix_catalog_table(reader, relid, true);
	*schema = found != NULL ? found->schema : creation_schema();
	return found == NULL ? InvalidOid : relid;
}

/* As RangeVarGetRelid. */
static void
check_database(const RangeVar *name)
{
	if (name->catalogname != NULL &&
		strcmp(name->catalogname, get_database_name(MyDatabaseId)) != 0)
		ereport(ERROR,
				(errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
				 errmsg("cross-database references are not implemented: \"%s.%s.%s\"",
						name->catalogname, name->schemaname, name->relname)));
}

static const char *
creation_schema(void)
{
	List	   *path = fetch_search_path(false);
	char	   *name = path == NIL ? NULL : get_namespace_name(linitial_oid(path));

	if (name == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_SCHEMA),
				 errmsg("no schema has been selected to create in")));
	return name;
}

static List *
parse_columns(ArrayType *array)
{
	Datum	   *elements;
	int			count;
	List	   *columns = NIL;

	if (ARR_NDIM(array) != 1 || array_contains_nulls(array))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("argument \"%s\" must be a one-dimensional array of column names without NULLs",
						"columns")));
	deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements, NULL, &count);
	for (int i = 0; i < count; i++)
		columns = lappend(columns, truncated(TextDatumGetCString(elements[i])));
	return columns;
}

/* A name as the server would store it. */
static char *
truncated(const char *name)
{
	char	   *copy = pstrdup(name);

	truncate_identifier(copy, strlen(copy), false);
	return copy;
}

/* The name that the key has or, if it is not there, would be given. */
static const char *
expected_name(Inquiry *inquiry)
{
	if (OidIsValid(inquiry->referencing) && OidIsValid(inquiry->referenced))
	{
		ListCell   *lc;

		foreach(lc, fkfix_key_list_of(inquiry->reader, inquiry->referencing))
		{
			ForeignKey *fk = lfirst(lc);

			if (is_between(inquiry, fk))
				return NameStr(fk->name);
		}
	}
	return generated_name(inquiry);
}

/* Is this a root key with the columns and the tables asked about? */
static bool
is_between(Inquiry *inquiry, const ForeignKey *fk)
{
	List	   *columns = fkfix_catalog_column_names(inquiry->reader, fk->conrelid,
													 fk->conkey, fk->nkeys);
	ListCell   *asked;
	ListCell   *has;

	if (OidIsValid(fk->conparentid) || fk->confrelid != inquiry->referenced ||
		list_length(columns) != list_length(inquiry->names.columns))
		return false;
	forboth(asked, inquiry->names.columns, has, columns)
	{
		if (strcmp(lfirst(asked), lfirst(has)) != 0)
			return false;
	}
	return true;
}

/* As ChooseForeignKeyConstraintNameAddition and its caller. */
static const char *
generated_name(Inquiry *inquiry)
{
	const KeyNames *names = &inquiry->names;
	StringInfoData columns;
	ListCell   *lc;

	initStringInfo(&columns);
	foreach(lc, names->columns)
	{
		if (columns.len > 0)
			appendStringInfoChar(&columns, '_');
		appendStringInfoString(&columns, lfirst(lc));
	}
	return ChooseConstraintName(names->referencing, columns.data, "fkey",
								get_namespace_oid(names->referencing_schema, true), NIL);
}

/* Do the columns accept nulls as they are now? */
static Nullability
present_nullability(Inquiry *inquiry)
{
	bool		complete = true;
	ListCell   *lc;

	foreach(lc, inquiry->names.columns)
	{
		AttrNumber	attnum = !OidIsValid(inquiry->referencing) ? InvalidAttrNumber :
			fkfix_catalog_column_number(inquiry->reader, inquiry->referencing, lfirst(lc));

		if (attnum == InvalidAttrNumber)
			complete = false;
		else if (fkfix_domain_rejects_null(inquiry->reader, inquiry->referencing, attnum))
			return NULLABLE_NOT_ALL;
	}
	return complete ? NULLABLE_ALL : NULLABLE_EITHER;
}

/* The rules that decide the key; NIL also for a temporary table. */
static List *
find_rules(Inquiry *inquiry)
{
	const Policy *policy = fkfix_rulebook_as_of(GetActiveSnapshot());

	/* no other schema can have such a name */
	if (strncmp(inquiry->names.referencing_schema, "pg_temp", strlen("pg_temp")) == 0)
		return NIL;
	return fkfix_policy_winners_by_name(policy, &inquiry->names);
}

/* The status, as the audit has it where it can. */
static const char *
judge(Inquiry *inquiry, List *rules)
{
	const Rule *rule;

	if (rules == NIL)
		return fkfix_audit_status_name(STATUS_UNMANAGED);
	if (fkfix_audit_rules_conflict(rules, inquiry->names.columns))
		return fkfix_audit_status_name(STATUS_CONFLICT);
	rule = linitial(rules);
	if (fkfix_rule_is_exemption(rule))
		return fkfix_audit_status_name(STATUS_EXEMPT);
	if (is_infeasible(inquiry, rule->on_delete) || is_infeasible(inquiry, rule->on_update))
		return fkfix_audit_status_name(STATUS_INFEASIBLE);
	return "required";
}

/* Is it clear from the names that the preferred action cannot work? */
static bool
is_infeasible(Inquiry *inquiry, List *accepted)
{
	List	   *columns = inquiry->names.columns;
	Action		whole = {NULL, NIL};
	const Action *action;

	if (accepted == NIL)
		return false;
	action = linitial(accepted);
	if (sets_other_column(action, columns))
		return true;
	whole.kind = action->kind;
	return action->kind->code == FKCONSTR_ACTION_SETNULL &&
		inquiry->names.nullability == NULLABLE_NOT_ALL &&
		fkfix_action_equal(action, &whole, columns);
}

static bool
sets_other_column(const Action *action, List *key_columns)
{
	ListCell   *set;
	ListCell   *lc;

	foreach(set, action->columns)
	{
		foreach(lc, key_columns)
		{
			if (strcmp(lfirst(set), lfirst(lc)) == 0)
				break;
		}
		if (lc == NULL)
			return true;
	}
	return false;
}
