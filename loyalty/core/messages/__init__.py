"""
What the program writes to people: by mail, text message and push.

`catalogue`: the occasions, and what each lets a text say. `texts`: our own words, from `words/`.
`templates`: a store's words, which stand before ours. `rendering`: from a text and values to a
message. `outbox`: what is to be sent, sent once, and kept as a log. `senders`: how it leaves.
Source: domain spec 8.2, MSG-1…6.
"""
