"""
The letters of a text without their marks and in lower case: ŻÓŁĆ, Żółć and zolc are one to a search.

Marks that Unicode can take off a letter are taken off, however the text was composed; the few Latin
letters that it leaves whole are named. Without `unaccent`, which not every server has. A function,
because an index needs an immutable expression; its body is bound when it is made, so that a dump
restores it and an index is built with any search path.

A text of ASCII alone, told by its bytes, is only lowered: it is what most rows hold.
"""

from django.db import migrations

FOLDED = r"""
create function core_folded(value text) returns text language sql immutable parallel safe
return case when octet_length(value) = length(value) then lower(value) else lower(
    replace(replace(replace(replace(replace(replace(replace(replace(
        translate(
            regexp_replace(normalize(value, NFD), U&'[\0300-\036F]+', '', 'g'),
            'ŁłØøĐđÐðĦħıĿŀŦŧŊŋƁɓƉɖƊɗƏəƗɨȺⱥɃƀɆɇȻȼɌɍɎɏƵƶ',
            'LlOoDdDdHhiLlTtNnBbDdDdEeIiAaBbEeCcRrYyZz'
        ),
        'ß', 'ss'), 'ẞ', 'ss'), 'Æ', 'ae'), 'æ', 'ae'), 'Œ', 'oe'), 'œ', 'oe'), 'Þ', 'th'), 'þ', 'th')
) end
"""


class Migration(migrations.Migration):
    dependencies = [("core", "0024_imports_being_taken_back")]

    operations = [migrations.RunSQL(FOLDED, "drop function core_folded(text)")]
