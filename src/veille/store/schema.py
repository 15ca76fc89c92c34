"""The migrations: append-only, one function each, never edited once merged. They import no other room.

Public tables carry nothing that a source's rights hide; everything else is private (see `web/permissions.py`).
"""

from sqlite_utils import Database
from sqlite_utils.migrations import Migrations

migrations = Migrations("veille")


@migrations()
def m001_create_everything(db: Database) -> None:
    for statement in _M001.split(";\n"):
        if statement.strip():
            db.execute(statement)


_M001 = """
create table settings (key text primary key, value text not null) strict;

create table tags (
    id text primary key, label text not null, group_id text not null, group_label text not null, position integer not null,
    alias_of text references tags(id)
) strict;

create table departements (
    code text primary key, name text not null, region_code text not null, region text not null, prefecture text not null,
    tile_column integer not null, tile_row integer not null
) strict;

create table sources (
    id text primary key, name text not null, kind text not null, url text not null, territory text not null, rights text not null,
    language text not null, state text not null, reason text, last_visit_at text, last_success_at text, last_item_at text,
    next_visit_at text, failures integer not null default 0
) strict;

create table validators (
    source_id text primary key references sources(id), etag text, last_modified text, body_hash text, found_url text,
    settings text
) strict;

create table runs (
    id integer primary key, started_at text not null, ended_at text, due integer not null, ok integer not null default 0,
    unchanged integer not null default 0, failed integer not null default 0, new integer not null default 0,
    changed integer not null default 0, duplicates integer not null default 0, seen integer not null default 0
) strict;

create table visits (
    id integer primary key, run_id integer references runs(id), source_id text not null references sources(id),
    at text not null, outcome text not null, failure text, reason text, status integer, bytes integer not null default 0,
    milliseconds integer not null default 0, new integer not null default 0, changed integer not null default 0,
    seen integer not null default 0, duplicates integer not null default 0, skipped integer not null default 0
) strict;

create index visits_source on visits(source_id, at);

create table stories (
    id integer primary key, lead_id integer not null, score real not null, reason text not null
) strict;

create table items (
    id integer primary key autoincrement, source_id text not null references sources(id), url text not null, title text not null,
    summary text not null, author text not null, language text not null, kind text not null, kind_reason text not null,
    kind_origin text not null default 'rule', interest real not null, interest_reason text not null, published_at text,
    day text not null, first_seen_at text not null, changed_at text, fingerprint text not null,
    state text not null default 'new', queued integer not null default 1, story_id integer references stories(id),
    lead integer not null default 1
) strict;

create index items_day on items(day, id);

create index items_source on items(source_id, day);

create index items_state on items(state, day);

create index items_fingerprint on items(fingerprint);

create table texts (item_id integer primary key references items(id), text text not null, context text not null default '') strict;

create view items_words as select items.id as id, items.title as title, texts.text as text, texts.context as context
    from items join texts on texts.item_id = items.id;

create virtual table items_fts using fts5(
    title, text, context, content='items_words', content_rowid='id', tokenize="unicode61 remove_diacritics 2", prefix='3'
);

create virtual table items_vocabulary using fts5vocab('items_fts', 'row');

create table addresses (
    kind text not null, scope text not null, value text not null, item_id integer references items(id),
    rule integer not null, primary key (kind, scope, value)
) strict, without rowid;

create index addresses_item on addresses(item_id);

create index addresses_shared on addresses(value) where kind = 'shared';

create table sightings (
    item_id integer not null references items(id), source_id text not null references sources(id), url text not null,
    first_seen_at text not null, primary key (item_id, source_id)
) strict, without rowid;

create index sightings_source on sightings(source_id);

create table versions (
    id integer primary key, item_id integer not null references items(id), until text not null, title text not null,
    text text not null, fingerprint text not null
) strict;

create index versions_item on versions(item_id);

create table item_tags (
    item_id integer not null, tag_id text not null references tags(id), origin text not null, score real not null,
    reason text not null, evidence text not null default '[]', primary key (item_id, tag_id)
) strict, without rowid;

create index item_tags_tag on item_tags(tag_id, item_id);

create table item_territories (
    item_id integer not null, code text not null references departements(code), role text not null, origin text not null,
    reason text not null, evidence text not null default '[]', primary key (item_id, code)
) strict, without rowid;

create index item_territories_code on item_territories(code, item_id);

create table item_dates (
    item_id integer not null, role text not null, start text not null, "end" text not null, evidence text not null,
    primary key (item_id, start, "end", role)
) strict, without rowid;

create index item_dates_end on item_dates("end");

create table accounts (
    id integer primary key, name text not null unique, role text not null, hash text not null, created_at text not null,
    disabled_at text
) strict;

create table decisions (
    id integer primary key, at text not null, account_id integer not null references accounts(id),
    item_id integer not null references items(id), action text not null, before text, after text,
    undone_at text, undone_by integer references accounts(id)
) strict;

create index decisions_item on decisions(item_id);

create view articles as
select items.id as id, items.url as url, items.title as title, items.summary as summary, items.source_id as source,
    (select json_group_array(code) from
        (select code from item_territories where item_territories.item_id = items.id order by code)) as departements,
    items.kind as kind,
    (select json_group_array(tag_id) from
        (select tag_id from item_tags where item_tags.item_id = items.id and origin <> 'refused' order by score desc, tag_id)
    ) as themes,
    items.language as language, items.interest as interest, items.published_at as published_at,
    items.first_seen_at as first_seen_at, items.changed_at as changed_at, items.story_id as story_id, items.lead as lead,
    (items.state = 'selected') as selected
from items where items.state <> 'dismissed';
"""


@migrations()
def m002_watch_the_sources(db: Database) -> None:
    for statement in _M002.split(";\n"):
        if statement.strip():
            db.execute(statement)


_M002 = """
alter table sources add column since text;

alter table sources add column entries text not null default '[]';

alter table sources add column dated integer not null default 0;

alter table sources add column newest_day text not null default '';

alter table sources add column longest_gap integer;

alter table sources add column usual_gap real;

alter table sources add column refresh_seconds integer;

alter table sources add column moved_to text not null default '';

alter table sources add column moved_visits integer not null default 0;

alter table sources add column rung text not null default '';

alter table sources add column found text not null default '';

alter table validators add column finding text;

update validators set finding = json_object('url', found_url, 'kind', 'feed', 'said', '') where found_url is not null;

create table alarms (
    id integer primary key, source_id text not null references sources(id), at text not null, state text not null,
    reason text not null, told_at text
) strict;

create index alarms_untold on alarms(id) where told_at is null;

create table hosts (host text primary key, robots text, robots_at text, wait_until text) strict;

create table requests (
    host text not null, day text not null, requests integer not null default 0, primary key (day, host)
) strict, without rowid;

create index items_queued on items(queued, day, id);

alter table texts add column page text not null default '';

alter table texts add column page_at text;

drop view items_words;

create view items_words as select items.id as id, items.title as title,
    case when texts.page = '' then texts.text else texts.page end as text, texts.context as context
    from items join texts on texts.item_id = items.id;
"""


@migrations()
def m003_forget_for_good(db: Database) -> None:
    for statement in _M003.split(";\n"):
        if statement.strip():
            db.execute(statement)


_M003 = """
create table tombstones (kind text not null, hash text not null, at text not null, primary key (kind, hash)) strict, without rowid;

create table former_labels (item_id integer primary key references items(id), at text not null, labels text not null) strict;

create table bands (band integer not null, item_id integer not null, primary key (band, item_id)) strict, without rowid;

create index bands_item on bands(item_id);

create table alike (
    item_id integer not null, other_id integer not null, score real not null, reason text not null, primary key (item_id, other_id)
) strict, without rowid;

alter table items add column story_score real;

alter table items add column story_reason text not null default '';

alter table item_dates add column doubt text not null default '';

create index items_first_seen on items(first_seen_at);

create index visits_at on visits(at);

create index versions_until on versions(until);
"""


@migrations()
def m004_learn_and_liken(db: Database) -> None:
    for statement in _M004.split(";\n"):
        if statement.strip():
            db.execute(statement)


_M004 = """
create table keywords (word integer not null, item_id integer not null, weight integer not null, primary key (word, item_id))
    strict, without rowid;

create index keywords_item on keywords(item_id);

create index alike_other on alike(other_id);

create index items_story on items(story_id) where story_id is not null;

create table word_counts (word integer primary key, texts integer not null) strict;

create table models (
    id integer primary key, at text not null, vocabulary text not null, model text not null, report text not null,
    active integer not null default 0
) strict;

create table story_decisions (
    item_id integer not null references items(id), other_id integer not null references items(id), together integer not null,
    primary key (item_id, other_id)
) strict, without rowid;
"""


@migrations()
def m005_count_quickly(db: Database) -> None:
    for statement in _M005.split(";;\n"):
        if statement.strip():
            db.execute(statement)


# What facets count and filters ask of an item, in one narrow row, and the items of each label by day. Triggers keep both.
# Lists are ids between spaces: ' handicap ess-tiers-lieux '. A label is the name of its facet, a space, a value.
_M005 = """
create table item_facets (
    item_id integer primary key, day text not null, story_id integer, state text not null, interest real not null, kind text not null,
    language text not null, themes text not null default '', departements text not null default '',
    regions text not null default '', sources text not null default '',
    traits text generated always as (kind || ' ' || language || ' ' || substr(day, 1, 4)) stored
) strict;;

create table postings (label text not null, day text not null, item_id integer not null, primary key (label, day, item_id))
    strict, without rowid;;

create view item_labels as
select item_id, 'themes ' || tag_id as label from item_tags where origin <> 'refused'
union all select item_id, 'departements ' || code from item_territories
union all select item_id, 'regions ' || region_code from item_territories join departements using (code)
union all select item_id, 'sources ' || source_id from sightings
union all select id, 'kinds ' || kind from items
union all select id, 'languages ' || language from items;;

insert into item_facets (item_id, day, story_id, state, interest, kind, language, themes, departements, regions, sources)
select id, day, story_id, state, interest, kind, language,
    coalesce((select ' ' || group_concat(tag_id, ' ') || ' ' from item_tags where item_id = items.id and origin <> 'refused'), ''),
    coalesce((select ' ' || group_concat(code, ' ') || ' ' from item_territories where item_id = items.id), ''),
    coalesce((select ' ' || replace(group_concat(distinct region_code), ',', ' ') || ' '
        from item_territories join departements using (code) where item_id = items.id), ''),
    coalesce((select ' ' || group_concat(source_id, ' ') || ' ' from sightings where item_id = items.id), '')
from items;;

insert or ignore into postings select label, day, item_id from item_labels join items on items.id = item_id order by 1, 2, 3;;

create trigger items_inserted after insert on items begin
    insert into item_facets (item_id, day, story_id, state, interest, kind, language)
        values (new.id, new.day, new.story_id, new.state, new.interest, new.kind, new.language);
    insert into postings values ('kinds ' || new.kind, new.day, new.id), ('languages ' || new.language, new.day, new.id);
end;;

create trigger items_told after update of story_id, state, interest on items begin
    update item_facets set story_id = new.story_id, state = new.state, interest = new.interest where item_id = new.id;
end;;

create trigger items_relabelled after update of day, kind, language on items
when (old.day, old.kind, old.language) is not (new.day, new.kind, new.language) begin
    delete from postings where day = old.day and item_id = new.id
        and (label in ('kinds ' || old.kind, 'languages ' || old.language)
            or label in (select label from item_labels where item_id = new.id));
    update item_facets set day = new.day, kind = new.kind, language = new.language where item_id = new.id;
    insert or ignore into postings select label, new.day, new.id from item_labels where item_id = new.id;
end;;

create trigger items_deleted before delete on items begin
    delete from postings where day = old.day and item_id = old.id and label in (select label from item_labels where item_id = old.id);
    delete from item_facets where item_id = old.id;
end;;

create trigger item_tags_inserted after insert on item_tags when new.origin <> 'refused' begin
    insert or ignore into postings select 'themes ' || new.tag_id, day, item_id from item_facets where item_id = new.item_id;
    update item_facets set themes = coalesce((select ' ' || group_concat(tag_id, ' ') || ' ' from item_tags
        where item_id = new.item_id and origin <> 'refused'), '') where item_id = new.item_id;
end;;

create trigger item_tags_updated after update of tag_id, origin on item_tags when (old.tag_id, old.origin) <> (new.tag_id, new.origin) begin
    delete from postings where label = 'themes ' || old.tag_id and item_id = old.item_id
        and day = (select day from item_facets where item_id = old.item_id);
    insert or ignore into postings select 'themes ' || new.tag_id, day, item_id from item_facets
        where item_id = new.item_id and new.origin <> 'refused';
    update item_facets set themes = coalesce((select ' ' || group_concat(tag_id, ' ') || ' ' from item_tags
        where item_id = new.item_id and origin <> 'refused'), '') where item_id = new.item_id;
end;;

create trigger item_tags_deleted after delete on item_tags when old.origin <> 'refused' begin
    delete from postings where label = 'themes ' || old.tag_id and item_id = old.item_id
        and day = (select day from item_facets where item_id = old.item_id);
    update item_facets set themes = coalesce((select ' ' || group_concat(tag_id, ' ') || ' ' from item_tags
        where item_id = old.item_id and origin <> 'refused'), '') where item_id = old.item_id;
end;;

create trigger item_territories_inserted after insert on item_territories begin
    insert or ignore into postings select 'departements ' || new.code, day, item_id from item_facets where item_id = new.item_id;
    insert or ignore into postings select 'regions ' || region_code, day, item_id from item_facets join departements
        where item_id = new.item_id and code = new.code;
    update item_facets set departements = coalesce((select ' ' || group_concat(code, ' ') || ' ' from item_territories
        where item_id = new.item_id), ''), regions = coalesce((select ' ' || replace(group_concat(distinct region_code), ',', ' ') || ' '
        from item_territories join departements using (code) where item_id = new.item_id), '') where item_id = new.item_id;
end;;

create trigger item_territories_deleted after delete on item_territories begin
    delete from postings where item_id = old.item_id and day = (select day from item_facets where item_id = old.item_id)
        and (label = 'departements ' || old.code or label = (
            select 'regions ' || region_code from departements as gone where gone.code = old.code and region_code not in
                (select region_code from item_territories join departements using (code) where item_id = old.item_id)));
    update item_facets set departements = coalesce((select ' ' || group_concat(code, ' ') || ' ' from item_territories
        where item_id = old.item_id), ''), regions = coalesce((select ' ' || replace(group_concat(distinct region_code), ',', ' ') || ' '
        from item_territories join departements using (code) where item_id = old.item_id), '') where item_id = old.item_id;
end;;

create trigger sightings_inserted after insert on sightings begin
    insert or ignore into postings select 'sources ' || new.source_id, day, item_id from item_facets where item_id = new.item_id;
    update item_facets set sources = coalesce((select ' ' || group_concat(source_id, ' ') || ' ' from sightings
        where item_id = new.item_id), '') where item_id = new.item_id;
end;;

create trigger sightings_updated after update of source_id on sightings begin
    delete from postings where label = 'sources ' || old.source_id and item_id = old.item_id
        and day = (select day from item_facets where item_id = old.item_id);
    insert or ignore into postings select 'sources ' || new.source_id, day, item_id from item_facets where item_id = new.item_id;
    update item_facets set sources = coalesce((select ' ' || group_concat(source_id, ' ') || ' ' from sightings
        where item_id = new.item_id), '') where item_id = new.item_id;
end;;

create trigger sightings_deleted after delete on sightings begin
    delete from postings where label = 'sources ' || old.source_id and item_id = old.item_id
        and day = (select day from item_facets where item_id = old.item_id);
    update item_facets set sources = coalesce((select ' ' || group_concat(source_id, ' ') || ' ' from sightings
        where item_id = old.item_id), '') where item_id = old.item_id;
end;;
"""


@migrations()
def m006_curate(db: Database) -> None:
    for statement in _M006.split(";\n"):
        if statement.strip():
            db.execute(statement)


# `batch` is the first decision of those made with one gesture. A correction is what curators say against a source: `value` is theirs,
# `was` what the source says; `field` is title, day, « place <code> » or « date <role> <start> <end> » (value yes or no).
_M006 = """
alter table decisions add column why text not null default '';

alter table decisions add column batch integer;

create index decisions_batch on decisions(batch) where batch is not null;

create index decisions_at on decisions(at);

create index decisions_story on decisions(id) where action in ('story-split', 'story-join');

create table notes (
    item_id integer not null references items(id), scope text not null, text text not null, primary key (item_id, scope)
) strict, without rowid;

create table corrections (
    item_id integer not null references items(id), field text not null, value text not null, was text, primary key (item_id, field)
) strict, without rowid;

create table sessions (token text primary key, account_id integer not null references accounts(id), began_at text not null)
    strict, without rowid;

alter table accounts add column visited_at text;

alter table accounts add column former_visit_at text;

alter table accounts add column keys integer not null default 1;

create table searches (
    id integer primary key, account_id integer not null references accounts(id), name text not null, query text not null,
    shared integer not null default 0, pinned integer not null default 1, at text not null
) strict;

create table rules (
    id integer primary key, phrase text not null, effect text not null, value text not null default '', enabled integer not null default 1
) strict;

create table tag_words (
    tag_id text not null references tags(id), phrase text not null, present integer not null, primary key (tag_id, phrase)
) strict, without rowid;

alter table tags add column edited integer not null default 0;

create table proposed_tags (
    id text primary key, label text not null, group_id text not null, group_label text not null, position integer not null
) strict;

create index item_tags_decided on item_tags(tag_id) where origin = 'curator';

create table edits (
    id integer primary key, at text not null, account_id integer not null references accounts(id), subject text not null,
    action text not null, before text not null, after text not null, why text not null default '', undone_at text,
    undone_by integer references accounts(id)
) strict;

create table followed (id text primary key, source text not null, at text not null, account_id integer not null references accounts(id))
    strict;

create table source_wishes (source_id text primary key, paused integer not null default 0, every text not null default '') strict;

create table link_checks (
    item_id integer primary key references items(id), at text not null, outcome text not null, said text not null default ''
) strict;

create table copies (
    id integer primary key, item_id integer not null references items(id), at text not null, url text not null, hash text not null,
    text text not null
) strict;

create index copies_item on copies(item_id);

create index items_waiting on items(interest desc, id desc) where state = 'new' and queued = 1;
"""


# No savepoint of its own: it would keep in memory each page that was written since. All the steps share one transaction anyway.
@migrations(transactional=False)
def m007_arrive_at_once(db: Database) -> None:
    for statement in _M007.split(";;\n"):
        if statement.strip():
            db.execute(statement)
    (last,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    for first in range(0, last, _PART):  # one statement for all of them would hold 0.4 KiB an article in memory
        db.execute(_REINDEX, (first, first + _PART))


_PART = 5_000  # articles
_REINDEX = """insert into items_fts (rowid, title, text, context)
select id, index_text(title), index_text(text), index_text(context) from items_words where id > ? and id <= ?"""


# An article enters the narrow rows when its text is written, with the labels that it has by then: once, not once for each. The index has
# no prefixes: they served truncations of two or three letters only, for a third of its size; and its segments are joined sixteen by
# sixteen: four by four every word was written again twice as often, and no search was the faster for it. Who keeps the narrow rows in
# memory learns from `item_changes` which to read again; it is never empty, so that its numbers never come twice.
_M007 = """
drop trigger items_inserted;;

create trigger texts_inserted after insert on texts begin
    insert into item_facets (item_id, day, story_id, state, interest, kind, language, themes, departements, regions, sources)
    select id, day, story_id, state, interest, kind, language,
        coalesce((select ' ' || group_concat(tag_id, ' ') || ' ' from item_tags where item_id = new.item_id and origin <> 'refused'), ''),
        coalesce((select ' ' || group_concat(code, ' ') || ' ' from item_territories where item_id = new.item_id), ''),
        coalesce((select ' ' || replace(group_concat(distinct region_code), ',', ' ') || ' '
            from item_territories join departements using (code) where item_id = new.item_id), ''),
        coalesce((select ' ' || group_concat(source_id, ' ') || ' ' from sightings where item_id = new.item_id), '')
    from items where id = new.item_id;
    insert or ignore into postings select label, day, item_id from item_labels join items on items.id = item_id
        where item_id = new.item_id;
end;;

drop table items_vocabulary;;

drop table items_fts;;

create virtual table items_fts using fts5(
    title, text, context, content='items_words', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
);;

insert into items_fts (items_fts, rank) values ('automerge', 16), ('crisismerge', 64);;

create virtual table items_vocabulary using fts5vocab('items_fts', 'row');;

create table item_changes (seq integer primary key, item_id integer not null) strict;;

insert into item_changes (item_id) values (0);;

create trigger item_facets_inserted after insert on item_facets begin
    insert into item_changes (item_id) values (new.item_id);
end;;

create trigger item_facets_updated after update on item_facets begin
    insert into item_changes (item_id) values (new.item_id);
end;;

create trigger item_facets_deleted after delete on item_facets begin
    insert into item_changes (item_id) values (old.item_id);
end;;
"""


@migrations(transactional=False)
def m008_gather_again(db: Database) -> None:
    for statement in _M008:
        db.execute(statement)
    (last,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    for first in range(0, last, _PART):
        db.execute(_GATHER, (first, first + _PART))
    db.execute("create index bands_item on bands(item_id)")
    db.execute("drop table temp.gathered")


# Runs of words have other numbers than before (`understand.same.runs_of`): what gathers the articles that share them is told anew.
_M008 = (
    "create temp table gathered (item_id integer primary key)",
    "insert into gathered select distinct item_id from bands",
    "drop index bands_item",
    "delete from bands",
)
_GATHER = """insert or ignore into bands (band, item_id) select told.value, words.id
from temp.gathered cross join items_words as words on words.id = gathered.item_id, json_each(bands_of(words.title, words.text)) as told
where gathered.item_id > ? and gathered.item_id <= ?
order by 1"""


@migrations(transactional=False)
def m009_names_propose(db: Database) -> None:
    db.execute("alter table sources add column home text not null default ''")
    db.execute("alter table visits add column verdicts text not null default '{}'")
    db.execute("alter table visits add column forgotten integer not null default 0")
    db.execute("alter table sources add column forgotten integer not null default 0")
    db.execute("alter table items add column backdated integer not null default 0")
    for statement in _M009.split(";;\n"):
        if statement.strip():
            db.execute(statement)
    _report_addresses(db)
    for table in ("told", "joined", "parted", "former"):
        db.execute(f"drop table temp.{table}")


# Canonical addresses by the second rule (`canonical_2`, `loose_2`: frozen, as `canonical_1` is). What an address was by the first rule is
# found again from the links that were kept. An address that several entries shared was shared for everybody; it is now for each source
# that sighted it, unless what the first rule cut (a fragment, a parameter) tells its entries apart again. An article keeps every name that
# its own source gave it; what others call it, where that is another name, these others alone know.
_M009 = """
create temp table told as
select item_id, source_id, url, own, canonical_1(url) as former, canonical_2(url) as exact, loose_2(url) as loose from (
    select sightings.item_id as item_id, sightings.source_id as source_id, sightings.url as url,
        sightings.source_id = items.source_id as own from sightings join items on items.id = sightings.item_id
    union select id, source_id, url, 1 from items
) where url <> '';;

create index temp.told_former on told(former);;

create index temp.told_exact on told(exact, source_id, item_id);;

create temp table former as select value, item_id from addresses where kind = 'canonical';;

create index temp.former_value on former(value);;

create temp table parted as
select former.value as value, json_group_array(distinct told.exact) as names, former.item_id as item_id
from former join told on told.former = former.value and told.item_id = former.item_id group by former.value
having count(distinct told.exact) > 1;;

delete from addresses where kind = 'canonical';;

insert or ignore into addresses (kind, scope, value, item_id, rule)
select distinct 'shared', source_id, 'canonical ' || exact, null, 2 from told
where exists (select 1 from addresses where kind = 'shared' and scope = '' and value = 'canonical ' || told.former)
    and (exact = canonical_2(former)
        or (select count(distinct item_id) from told as other where other.exact = told.exact and other.source_id = told.source_id) > 1);;

insert or ignore into addresses (kind, scope, value, item_id, rule)
select 'canonical', '', exact, item_id, 2 from told where own
    and not exists (select 1 from addresses where kind = 'shared' and scope = told.source_id and value = 'canonical ' || told.exact)
    and (exists (select 1 from former where value = told.former and former.item_id = told.item_id)
        or exists (select 1 from addresses where kind = 'shared' and scope = '' and value = 'canonical ' || told.former))
order by item_id;;

create temp table joined as
select distinct told.exact as value, addresses.item_id as item_id, told.item_id as other_id
from told join addresses on addresses.kind = 'canonical' and addresses.scope = '' and addresses.value = told.exact
where told.own and told.item_id <> addresses.item_id
    and exists (select 1 from former where value = told.former and former.item_id = told.item_id);;

insert or ignore into addresses (kind, scope, value, item_id, rule)
select 'canonical', '', canonical_2(value), item_id, 2 from former
where canonical_2(value) <> '' and not exists (select 1 from told where told.former = former.value and told.item_id = former.item_id);;

insert or ignore into addresses (kind, scope, value, item_id, rule)
select 'canonical', source_id, exact, item_id, 2 from told where not own
    and not exists (select 1 from addresses where kind = 'canonical' and scope = '' and value = told.exact and item_id = told.item_id)
    and not exists (select 1 from addresses where kind = 'shared' and scope = told.source_id and value = 'canonical ' || told.exact)
    and exists (select 1 from former where value = told.former and former.item_id = told.item_id)
order by item_id;;

insert or ignore into addresses (kind, scope, value, item_id, rule)
select 'loose', source_id, loose, item_id, 2 from told where own and loose <> exact order by item_id;;

delete from addresses where kind = 'shared' and scope = '';;

update items set backdated = 1 where published_at < (
    select substr(max(at), 1, length(published_at)) from visits
    where visits.source_id = items.source_id and at < items.first_seen_at and outcome in ('ok', 'unchanged'));;
"""


# The words that are shown stand apart from those that rights hide, so that a truncated word is looked for among the first alone.
@migrations(transactional=False)
def m010_shown_apart(db: Database) -> None:
    for statement in _M010.split(";;\n"):
        if statement.strip():
            db.execute(statement)
    (last,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    for first in range(0, last, _PART):
        db.execute(_REINDEX_APART, (first, first + _PART))


_REINDEX_APART = """insert into items_fts (rowid, title, shown, text, context)
select id, index_text(title), index_text(shown), index_text(hidden_text(text, shown)), index_text(context)
from items_words where id > ? and id <= ?"""
_M010 = """
drop table items_vocabulary;;

drop table items_fts;;

drop view items_words;;

create view items_words as select items.id as id, items.title as title, items.summary as shown,
    case when texts.page = '' then texts.text else texts.page end as text, texts.context as context
    from items join texts on texts.item_id = items.id;;

create virtual table items_fts using fts5(
    title, shown, text, context, content='items_words', content_rowid='id', tokenize="unicode61 remove_diacritics 2"
);;

insert into items_fts (items_fts, rank) values ('automerge', 16), ('crisismerge', 64);;

create virtual table items_vocabulary using fts5vocab('items_fts', 'row');;

insert or ignore into settings (key, value) values ('file_id', lower(hex(randomblob(16))));;

create table known_addresses (
    account_id integer not null references accounts(id), address text not null, at text not null, primary key (account_id, address)
) strict, without rowid;;
"""


# A day to come that a source states as an article's own is no publication: it is kept apart, and told among the article's dates.
@migrations()
def m011_stated_days(db: Database) -> None:
    for statement in _M011.split(";;\n"):
        if statement.strip():
            db.execute(statement)


_M011 = """
alter table items add column stated_day text;;

update items set stated_day = substr(published_at, 1, 10), published_at = null
where published_at > strftime('%Y-%m-%dT%H:%M:%SZ', first_seen_at, '+48 hours')
    and not exists (select 1 from corrections where item_id = items.id and field = 'day');;

insert or ignore into item_dates (item_id, role, start, "end", evidence)
select id, 'event', stated_day, stated_day, '' from items where stated_day is not null
    and not exists (select 1 from corrections where item_id = items.id and field = 'date event ' || stated_day || ' ' || stated_day);;
"""


# Words as `french` folds them since: compounds as one word each beside their parts, letters in another dress in their plain form. What the
# index is given is folded and has one space between its words: the plainest tokenizer is enough.
@migrations(transactional=False)
def m012_compounds(db: Database) -> None:
    for statement in _M012.split(";;\n"):
        if statement.strip():
            db.execute(statement)
    (last,) = db.execute("select coalesce(max(id), 0) from items").fetchone()
    for first in range(0, last, _PART):
        db.execute(_REINDEX_APART, (first, first + _PART))


_M012 = """
drop table items_vocabulary;;

drop table items_fts;;

create virtual table items_fts using fts5(
    title, shown, text, context, content='items_words', content_rowid='id', tokenize="ascii"
);;

insert into items_fts (items_fts, rank) values ('automerge', 16), ('crisismerge', 64);;

create virtual table items_vocabulary using fts5vocab('items_fts', 'row');;

update settings set value = '2' where key = 'folding_version';;
"""


# Fiches: one model for initiatives, teams, resources, meetings, offers and requests; each kind is declared in `data/fiches.yaml`. What is
# shown of a published one has a date and a source, whoever writes: the triggers see to it.
@migrations(transactional=False)
def m013_fiches(db: Database) -> None:
    for statement in _M013.split(";;\n"):
        if statement.strip():
            db.execute(statement)


_M013 = """
create table fiches (
    id integer primary key autoincrement, kind text not null, title text not null check (length(title) between 1 and 160),
    state text not null default 'brouillon' check (state in ('brouillon', 'publiee', 'retiree')), expires_on text,
    origin text not null, merged_into integer references fiches(id), published_at text, changed_at text not null
) strict;;

create index fiches_kind on fiches(kind, state);;

create table fiche_lines (
    id integer primary key autoincrement, fiche_id integer not null references fiches(id), heading text not null,
    position integer not null default 0, text text not null check (length(text) between 1 and 1000), value integer,
    said_on text not null default '', seen integer not null default 0, source_item integer references items(id),
    source_url text not null default '', declared_by text not null default '', copy_id integer references copies(id),
    state text not null default 'montree' check (state in ('montree', 'retiree', 'a-revoir'))
) strict;;

create index fiche_lines_fiche on fiche_lines(fiche_id);;

create index fiche_lines_item on fiche_lines(source_item) where source_item is not null;;

create index fiche_lines_copy on fiche_lines(copy_id) where copy_id is not null;;

create table line_checks (
    id integer primary key, line_id integer not null references fiche_lines(id), at text not null, by text not null, outcome text not null,
    account_id integer references accounts(id)
) strict;;

create index line_checks_line on line_checks(line_id);;

create table fiche_territories (
    fiche_id integer not null references fiches(id), code text not null, origin text not null, reason text not null default '',
    primary key (fiche_id, code)
) strict, without rowid;;

create index fiche_territories_code on fiche_territories(code);;

create table fiche_tags (
    fiche_id integer not null references fiches(id), tag_id text not null references tags(id), origin text not null,
    reason text not null default '', position integer not null default 0, primary key (fiche_id, tag_id)
) strict, without rowid;;

create index fiche_tags_tag on fiche_tags(tag_id);;

create table fiche_items (
    fiche_id integer not null references fiches(id), item_id integer not null references items(id), role text not null,
    reason text not null default '', at text not null, primary key (fiche_id, item_id)
) strict, without rowid;;

create index fiche_items_item on fiche_items(item_id);;

create table fiche_links (
    id integer primary key, from_id integer not null references fiches(id), to_id integer not null references fiches(id),
    relation text not null, line_id integer references fiche_lines(id), reason text not null default '', unique (from_id, to_id, relation)
) strict;;

create index fiche_links_to on fiche_links(to_id);;

create table initiative_facts (
    fiche_id integer primary key references fiches(id), stage text not null default '', began text not null default '',
    ended text not null default ''
) strict;;

create virtual table fiches_fts using fts5(title, shown, context, tokenize="ascii");;

alter table edits add column fiche_id integer;;

create index edits_fiche on edits(fiche_id) where fiche_id is not null;;

create trigger fiche_lines_shown_inserted before insert on fiche_lines
when new.state = 'montree' and (new.said_on = '' or (new.source_item is null and new.source_url = '' and new.declared_by = ''))
    and (select state from fiches where id = new.fiche_id) = 'publiee'
begin
    select raise(abort, 'a line of a published fiche has a date and a source');
end;;

create trigger fiche_lines_shown_updated before update on fiche_lines
when new.state = 'montree' and (new.said_on = '' or (new.source_item is null and new.source_url = '' and new.declared_by = ''))
    and (select state from fiches where id = new.fiche_id) = 'publiee'
begin
    select raise(abort, 'a line of a published fiche has a date and a source');
end;;

create trigger fiches_published_inserted before insert on fiches when new.state = 'publiee'
    and exists (select 1 from fiche_lines where fiche_id = new.id and state = 'montree'
        and (said_on = '' or (source_item is null and source_url = '' and declared_by = '')))
begin
    select raise(abort, 'a line of a published fiche has a date and a source');
end;;

create trigger fiches_published_updated before update on fiches when new.state = 'publiee'
    and exists (select 1 from fiche_lines where fiche_id = new.id and state = 'montree'
        and (said_on = '' or (source_item is null and source_url = '' and declared_by = '')))
begin
    select raise(abort, 'a line of a published fiche has a date and a source');
end;;

create view initiatives as
select fiches.id as id, title, coalesce(stage, '') as stage, coalesce(began, '') as began, coalesce(ended, '') as ended,
    (select json_group_array(code) from (select code from fiche_territories where fiche_id = fiches.id order by code)) as departements,
    (select json_group_array(tag_id) from (select tag_id from fiche_tags where fiche_id = fiches.id order by position, tag_id)) as themes,
    origin, published_at, fiches.changed_at as changed_at
from fiches left join initiative_facts on fiche_id = fiches.id
where kind = 'initiative' and state = 'publiee' and merged_into is null;;

create view lignes as
select fiche_lines.id as id, fiche_id, kind, heading, text, value, said_on, seen, source_item,
    coalesce(nullif(source_url, ''), (select url from items where items.id = source_item), '') as source_url, declared_by,
    coalesce((select max(substr(at, 1, 10)) from line_checks where line_id = fiche_lines.id and outcome = 'vrai'), '') as verified_on
from fiche_lines join fiches on fiches.id = fiche_id
where fiche_lines.state = 'montree' and fiches.state = 'publiee' and merged_into is null;;

create view liens as
select fiche_links.id as id, from_id, to_id, relation, reason
from fiche_links join fiches as one on one.id = from_id join fiches as other on other.id = to_id
where one.state = 'publiee' and other.state = 'publiee' and one.merged_into is null and other.merged_into is null;;
"""


@migrations()
def m014_fiches_in_a_row(db: Database) -> None:
    for statement in _M014.split(";;\n"):
        if statement.strip():
            db.execute(statement)


# One narrow row of each published fiche, by its newest words: lists and counts read nothing else. A line is verified when the last who
# looked at it found it true. `fiches_publiees` shows every kind.
_M014 = """
create table fiche_rows (fiche_id integer primary key, kind text not null, day text not null) strict;;

create index fiche_rows_kind on fiche_rows(kind, day);;

insert into fiche_rows select id, kind, coalesce(
    (select max(said_on) from fiche_lines where fiche_id = fiches.id and fiche_lines.state = 'montree'), ''
) from fiches where state = 'publiee' and merged_into is null;;

drop view lignes;;

create view lignes as
select fiche_lines.id as id, fiche_id, kind, heading, text, value, said_on, seen, source_item,
    coalesce(nullif(source_url, ''), (select url from items where items.id = source_item), '') as source_url, declared_by,
    coalesce((select case outcome when 'vrai' then substr(at, 1, 10) end from line_checks where line_id = fiche_lines.id
        order by line_checks.id desc limit 1), '') as verified_on
from fiche_lines join fiches on fiches.id = fiche_id
where fiche_lines.state = 'montree' and fiches.state = 'publiee' and merged_into is null;;

create view fiches_publiees as
select fiches.id as id, fiches.kind as kind, title, day as said_on,
    (select json_group_array(code) from (select code from fiche_territories where fiche_id = fiches.id order by code)) as departements,
    (select json_group_array(tag_id) from (select tag_id from fiche_tags where fiche_id = fiches.id order by position, tag_id)) as themes,
    origin, published_at, changed_at
from fiches join fiche_rows on fiche_id = fiches.id;;
"""


def _report_addresses(db: Database) -> None:
    """What the rule joined and parted, kept for `veille audit`: at most a thousand of each."""
    counts = db.execute("select (select count(*) from temp.joined), (select count(*) from temp.parted)").fetchone()
    if any(counts):
        db.execute(
            "insert or replace into settings (key, value) select 'addresses_2', json_object('joined', ?, 'parted', ?, "
            "'joins', (select json_group_array(json_array(value, item_id, other_id)) "
            "from (select * from temp.joined order by 2, 3 limit 1000)), "
            "'parts', (select json_group_array(json_array(value, item_id, json(names))) "
            "from (select * from temp.parted order by 1 limit 1000)))",
            counts,
        )
