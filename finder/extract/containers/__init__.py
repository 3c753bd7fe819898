"""Files that hold others: archives, zip packages of XML, compound files; and what bounds the opening of each."""
