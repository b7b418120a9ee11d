"""A library, whose models hold every shape of key that relationships stand on."""
from sqlalchemy import Column, ForeignKey, ForeignKeyConstraint, Integer, MetaData, String, Table, Text
from sqlalchemy.orm import declarative_base, relationship

Base = declarative_base(metadata=MetaData(naming_convention={"fk": "fk_%(table_name)s_%(column_0_name)s"}))

# Tags are linked to books; only books know it.
tagging = Table("tagging", Base.metadata,
                Column("book_id", ForeignKey("books.id"), primary_key=True),
                Column("tag_id", ForeignKey("tags.id"), primary_key=True))


class Tag(Base):
    __tablename__ = "tags"
    id = Column(Integer, primary_key=True)


class Shelf(Base):
    """A composite key."""
    __tablename__ = "shelves"
    room = Column(String(10), primary_key=True)
    number = Column(Integer, primary_key=True)
    books = relationship("Book", back_populates="shelf")


class Book(Base):
    __tablename__ = "books"
    id = Column(Integer, primary_key=True)
    number = Column(Integer)
    room = Column(String(10))
    owner_id = Column(ForeignKey("people.id"), nullable=False)
    shelf = relationship("Shelf", back_populates="books")
    owner = relationship("Person", back_populates="books")
    tags = relationship("Tag", secondary=tagging)
    loans = relationship("Loan", back_populates="book", cascade="all, delete-orphan")
    __table_args__ = (ForeignKeyConstraint(["room", "number"], ["shelves.room", "shelves.number"]),)


class Person(Base):
    __tablename__ = "people"
    id = Column(Integer, primary_key=True)
    mentor_id = Column(ForeignKey("people.id"))
    pupils = relationship("Person")
    books = relationship("Book", back_populates="owner")
    cards = relationship("Card", cascade="all, delete-orphan")
    lost_cards = relationship("Card", viewonly=True)
    letters = relationship("Letter", passive_deletes="all")
    quotes = relationship("Quote", passive_deletes="all")
    visits = relationship("Visit", cascade="all", foreign_keys="Visit.person_id")
    recent_visits = relationship("Visit", foreign_keys="Visit.person_id", overlaps="visits")


class Loan(Base):
    """In another schema."""
    __tablename__ = "loans"
    __table_args__ = {"schema": "archive"}
    id = Column(Integer, primary_key=True)
    book_id = Column(ForeignKey("books.id", onupdate="CASCADE"), nullable=False)
    book = relationship("Book", back_populates="loans")
    notes = relationship("LoanNote", cascade="all")


class LoanNote(Base):
    """A table of this name is in both schemas."""
    __tablename__ = "notes"
    __table_args__ = {"schema": "archive"}
    id = Column(Integer, primary_key=True)
    loan_id = Column(ForeignKey("archive.loans.id"))


class Note(Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("people.id"))
    person = relationship("Person")


class Card(Base):
    """Names that need quoting."""
    __tablename__ = 'Library "cards".all*'
    id = Column(Integer, primary_key=True)
    person_id = Column("the person's ID", ForeignKey("people.id"))


class Letter(Base):
    __tablename__ = "letters"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("people.id"))


class Quote(Base):
    __tablename__ = "quotes"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("people.id", ondelete="SET NULL"))
    text = Column(Text)


class Visit(Base):
    __tablename__ = "visits"
    id = Column(Integer, primary_key=True)
    person_id = Column(ForeignKey("people.id"))
