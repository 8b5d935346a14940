"""
Webhooks: what happens in a store, told to another system of its owner's (NT-1).

`queue` writes down what is to be sent, `sending` sends it, `deliveries` keeps the order and the
state of both, and `log` is for the people who look after it. What is said in which words comes
from the contexts; `loyalty.webhooks` puts it together.
"""
