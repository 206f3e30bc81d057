"""What stands between the network and Django's threads.

granian reads a request's headers and calls `gate.Front`, which answers what needs no thread, reads
bodies within limits of time and size, and hands only whole requests to one of few threads.
"""
