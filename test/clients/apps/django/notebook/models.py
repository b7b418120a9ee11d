"""Users and their notes.  on_delete is a promise that Django keeps by itself;
the key in the database says nothing of it.
"""
from django.db import models


class User(models.Model):
    name = models.TextField()

    class Meta:
        db_table = "users"


class Note(models.Model):
    text = models.TextField()
    author = models.ForeignKey(User, on_delete=models.CASCADE)

    class Meta:
        db_table = "notes"
