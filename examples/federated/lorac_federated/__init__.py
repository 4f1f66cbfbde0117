"""Federated training of a program that lorac emitted: client, server, and two ways to bring their messages across.

node      a member: the library made by examples/federated/build, through ctypes
client    what a client answers
server    what a server asks for, round by round: both protocols of forward mode
local     all of them in one process, without any framework
flower    the same client and server as apps of Flower
"""
