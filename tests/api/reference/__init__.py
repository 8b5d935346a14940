"""
The documented calls of Open Loyalty's API, replayed against the demo store.

`calls.json` holds facts of the reference, by chapter: what each printed curl sends and what it is
told in return. To add a chapter, write its calls there, and the table anew.

    name    what the call is about; chapter and name are the test's id
    method, path    as printed, query included
    as      who sends it: admin, seller, customer (John Doe of the demo store), the id of another
            customer, or a permanent token; left out: nobody
    body    the form as curl sends it: each printed pair, joined by & and not encoded. A pair whose
            value is a fake path is sent as a file in multipart form: the one of that name in
            files/, else a photo
    json    the body in JSON, where that is printed
    after   calls that go before, as "Chapter: name", where the reference prints a call that needs
            the effect of another
    status  as printed; a list where several are
    answer  what the body holds, by key: string, number, bool, object, list, any, a deeper object,
            [what each entry is], or {"*": what each value of a map is}. An id is a text, or an
            object with it, where releases differ. A key with ? may be null. With ! it may also be
            missing: it belongs to some settings or types only
    slip    where the reference contradicts itself or another chapter: why the call sends or expects
            something else than what is printed
    printed what is printed instead: method, path, status, the pairs of the body

A word in braces, such as {email}, stands for something that is another one each time; the replay
looks it up. Each test starts from the demo store as it was loaded, with the messages of
`letters.py` on their way.

`printed.json` lists every printed example, with its status, and `catalogue.json` every endpoint
that is known, also from release 3.2 and its front ends, with the keys that those read of an answer
at the addresses of 3.2 (with ! a key of some types or settings only). All have a call; which, says
`conformance.md`, written by `python -m tests.api.reference`.
"""
