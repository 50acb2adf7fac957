# SPDX-License-Identifier: GPL-3.0-or-later
"""Machines to test the collection on. Standard library only: it runs before any virtual environment exists."""
